-- Ends the interventions whose users came back since, or whose week is over. What of them was not sent yet stays unsent, and whoever was
-- asked to get in touch need not. Says how many came back, and how many did not.
create or replace function tendril.settle_interventions(since timestamptz default null, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    ended jsonb;
    needless bigint[];
    -- What is recorded late of what was done earlier is seen when the week is over.
    due bigint[] := array(
        select i.id
        from tendril.users u join tendril.interventions i on i.user_id = u.id and i.ended_at is null and u.last_active_at > i.created_at
        where u.deleted_at is null and u.last_active_at > coalesce(settle_interventions.since - interval '10 minutes', '-infinity')
        union
        select i.id from tendril.interventions i where i.ended_at is null and i.until <= settle_interventions.at);
begin
    -- First of all, as everybody does who changes several of theirs.
    perform tendril.lock_runs(array(
        select i.user_id from tendril.interventions i where i.id = any (due) and i.enrollment_id is not null));
    with seen as (
        select i.id, i.until, tendril.came_back_at(i.user_id, i.created_at, i.until) as moment
        from tendril.interventions i where i.id = any (due)
    ), done as (
        update tendril.interventions i
        set status = case when s.moment is null then 'stayed_away' else 'came_back' end, came_back_at = s.moment, ended_at = settle_interventions.at
        from seen s
        where i.id = s.id and i.ended_at is null and (s.moment is not null or s.until <= settle_interventions.at)
        returning i.id, i.status, i.enrollment_id
    ), closed as (
        update tendril.outreach_tasks t set status = 'over', decided_at = settle_interventions.at
        from done where t.intervention_id = done.id and t.status = 'open'
    )
    select jsonb_build_object('came_back', count(*) filter (where d.status = 'came_back'), 'stayed_away', count(*) filter (where d.status = 'stayed_away')),
        array_agg(d.enrollment_id) filter (where d.status = 'came_back')
    into ended, needless
    from done d;
    update tendril.message_deliveries d set delivery_status = 'cancelled', reason = 'enrollment_ended'
    where d.enrollment_id = any (needless) and d.delivery_status = 'pending';
    update tendril.enrollments e set status = 'cancelled', status_reason = 'came_back', ended_at = settle_interventions.at
    where e.id = any (needless) and e.status in ('active', 'paused');
    return ended;
end;
$$;
