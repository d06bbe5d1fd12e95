-- Counts an audience for a message of a class over these channels, in order of preference: how many would get it and over which
-- channel, how many would not and why (of a sequence, also who declined it), with a sample of both; the gate decides again at the
-- send; changes nothing.
create or replace function tendril.preview_audience(
    filter jsonb default '{}', message_class text default 'announcement', channels text[] default array['telegram', 'email'],
    sample int default 5, sequence text default null, at timestamptz default tendril.clock()
)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    -- the obstacle worth telling is the one nearest to being overcome
    obstacles constant text[] := array['channel_paused', 'channel_off', 'unreachable', 'no_consent', 'address_suppressed', 'no_address'];
    ids uuid[] := tendril.users_meeting(preview_audience.filter, batch => null);
begin
    return (
        with open as materialized (
            select b.channel, b.paused_reason from tendril.send_budgets b
        ), judged as (
            select
                u.id, coalesce(nullif(btrim(concat_ws(' ', u.first_name, u.last_name)), ''), u.username) as name,
                case when preview_audience.message_class <> 'transactional' then case
                    when p.stopped_at is not null then 'user_stopped'
                    when declined.user_id is not null then 'sequence_declined' end end as stopped,
                way.channel, way.obstacle, p.paused_until > preview_audience.at as is_paused
            from unnest(ids) as audience (user_id)
            join tendril.users u on u.id = audience.user_id
            left join tendril.user_preferences p on p.user_id = u.id
            left join tendril.sequence_opt_outs declined on declined.user_id = u.id and declined.sequence = preview_audience.sequence
            cross join lateral (
                select
                    (array_agg(c.channel order by c.channel = p.preferred_channel desc nulls last, c.place) filter (where c.obstacle is null))[1] as channel,
                    obstacles[min(array_position(obstacles, c.obstacle))] as obstacle
                from (
                    select t.channel, t.place, case
                        when cp.address is null then 'no_address'
                        when cp.state = 'suppressed' or x.address_hash is not null then 'address_suppressed'
                        when preview_audience.message_class <> 'transactional' and (cp.unsubscribed_at is not null or not case preview_audience.message_class
                            when 'sequence' then cp.opt_in_sequences
                            when 'announcement' then cp.opt_in_announcements
                            else cp.opt_in_reminders
                        end) then 'no_consent'
                        when cp.state = 'unreachable' then 'unreachable'
                        when o.channel is null then 'channel_off'
                        when o.paused_reason = 'not_configured' then 'channel_off'
                    end as obstacle
                    from unnest(preview_audience.channels) with ordinality as t (channel, place)
                    left join tendril.contact_points cp on cp.user_id = u.id and cp.channel = t.channel and cp.state <> 'unverified'
                    left join tendril.suppressions x on x.channel = t.channel and x.address_hash = tendril.address_hash(cp.address)
                    left join open o on o.channel = t.channel
                ) c
            ) way
        ), told as (
            select j.*, coalesce(j.stopped, case when j.channel is null then coalesce(j.obstacle, 'no_address') end) as reason from judged j
        )
        select jsonb_build_object(
            'total', count(*),
            'reachable', count(*) filter (where reason is null),
            'held', count(*) filter (where reason is null and is_paused),
            'channels', (select coalesce(jsonb_object_agg(c.channel, c.n), '{}') from (
                select channel, count(*) as n from told where reason is null group by channel) c),
            'excluded', (select coalesce(jsonb_object_agg(r.reason, r.n), '{}') from (
                select reason, count(*) as n from told where reason is not null group by reason) r),
            'sample', (select coalesce(jsonb_agg(jsonb_build_object('user_id', s.id, 'name', s.name, 'channel', s.channel, 'reason', s.reason)), '[]')
                from (select * from told order by reason is null desc, id limit preview_audience.sample) s))
        from told);
end;
$$;
