-- Takes back a user's stop, and that they had themselves deleted: consent returns on Telegram, and what the stop ended within the
-- last thirty days goes on where it was.
create or replace function tendril.start_again(user_id uuid, source text, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    stop timestamptz;
    resumed bigint[];
begin
    perform tendril.lock_runs(array[start_again.user_id]);
    -- Nobody may begin the same run anew in this moment.
    perform from tendril.users u where u.id = start_again.user_id for update;
    -- Whoever had themselves deleted begins anew by coming here, and only by that.
    perform tendril.lift_deletion(c.channel, c.address)
    from tendril.contact_points c where c.user_id = start_again.user_id and c.channel = 'telegram' and c.state <> 'unverified';
    select p.stopped_at into stop from tendril.user_preferences p where p.user_id = start_again.user_id for update;
    if stop is null then
        return jsonb_build_object('was_stopped', false, 'resumed', 0);
    end if;
    update tendril.user_preferences p set stopped_at = null where p.user_id = start_again.user_id;
    update tendril.contact_points c set unsubscribed_at = null
    where c.user_id = start_again.user_id and c.channel = 'telegram';
    -- Who stopped twice may have two runs under one key: the later one goes on.
    resumed := array(
        select distinct on (e.sequence, e.key) e.id
        from tendril.enrollments e
        where e.user_id = start_again.user_id and e.status = 'cancelled' and e.status_reason = 'user_stopped'
            and e.ended_at > start_again.at - interval '30 days'
            and not exists (
                select from tendril.enrollments other
                where other.user_id = e.user_id and other.sequence = e.sequence and other.key = e.key and other.status in ('active', 'paused'))
        order by e.sequence, e.key, e.id desc);
    perform tendril.continue_enrollments(resumed, start_again.at);
    return jsonb_build_object('was_stopped', true, 'resumed', cardinality(resumed));
end;
$$;
