-- Counts what should be happening now and says when the next thing is due; changes nothing.
create or replace function tendril.upcoming_work(at timestamptz default tendril.clock())
returns table (due_now int, next_at timestamptz)
language sql stable
set search_path = ''
as $$
    with moments as (
        select next_attempt_at as moment from tendril.message_deliveries d
        join tendril.send_budgets b using (channel)
        where d.delivery_status = 'pending'
        union all
        select leased_until from tendril.message_deliveries where delivery_status = 'sending'
        union all
        select fallback_at from tendril.message_deliveries where fallback_at is not null
        union all
        select judge_at from tendril.delivery_events where judge_at is not null
        union all
        select tendril.next_notice()
        union all
        select min(r.due_at) from tendril.drop_off_risks r
        union all
        select min(s.due_at) from tendril.streaks s
        union all
        select tendril.next_intervention(upcoming_work.at)
        union all
        select tendril.next_standing_work(upcoming_work.at)
        union all
        -- people who are still to be planned
        select b.starts_at from tendril.broadcasts b where b.status in ('scheduled', 'sending') and b.planned_at is null
        union all
        -- messages that are still to be edited or deleted, unless they have to wait for their channel
        select b.changed_at from tendril.broadcasts b
        where b.change is not null and b.change_ended_at is null and not tendril.everything_is_paused()
            and exists (select from tendril.send_budgets s where s.channel = 'telegram' and s.paused_reason is null)
        union all
        -- the times of campaigns that are still to become runs, and rules that are still to be asked for times
        select case
            when cardinality(c.upcoming) < 8 and not c.is_rule_over then c.looked_at
            when c.looks_at <= upcoming_work.at then c.looks_at
            else coalesce(c.next_run_at, c.looks_at) end
        from tendril.campaigns c where c.status = 'active' and c.kind in ('one_time', 'recurring')
        union all
        -- runs that are still to be planned. One that watches who comes in looks every five minutes, which is nothing to wake up for,
        -- unless somebody has come since; but who does nothing comes into an audience by that alone
        select case
            when coalesce(r.retry_at, r.due_at) <= upcoming_work.at or c.kind in ('one_time', 'recurring')
                then greatest(coalesce(r.retry_at, r.due_at), c.throttled_until)
            when exists (select from tendril.users u where u.created_at > r.due_at - interval '5 minutes') then r.due_at
            when c.kind = 'triggered' then greatest(coalesce(r.retry_at, r.due_at), date_bin('6 hours', upcoming_work.at, 'epoch') + interval '6 hours') end
        from tendril.campaign_runs r join tendril.campaigns c on c.id = r.campaign_id
        where r.status in ('waiting', 'running') and c.status = 'active'
    )
    select
        (select count(*) from moments where moment <= upcoming_work.at)::int
            + (select count(*) from tendril.message_deliveries
               where delivery_status = 'sending' and lease_token is not null and leased_until > upcoming_work.at)::int
            + (select count(*) from tendril.telegram_updates where handled_at is null)::int,
        (select min(moment) from moments where moment > upcoming_work.at and moment < 'infinity');
$$;
