-- Enrolls the next users of an audience (a filter over users, in the order of their ids) in a sequence, each once per key, and
-- plans their first step; several may do so at once, each within its bounds. With an `anchor`, each counts from that date of their
-- own, and only who has one after `anchored_after` is enrolled; `most` of them, where that is given. Says how many it looked at,
-- enrolled, held out and left out, why, and after whom the next call goes on: null when all are done.
create or replace function tendril.enroll_audience(
    sequence text, filter jsonb default '{}', key text default '', context jsonb default '{}', source text default 'audience',
    version_id bigint default null, after_user uuid default null, before_user uuid default null, batch int default 20000,
    campaign_id bigint default null, also jsonb default '{}', zone text default null, anchor text default null,
    anchored_after timestamptz default null, most int default null, upto_user uuid default null, at timestamptz default tendril.clock()
)
returns jsonb
language plpgsql
set search_path = ''
-- Plans are made while the tables are still small, and then kept.
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    version bigint := coalesce(enroll_audience.version_id, (
        select s.current_version_id from tendril.sequences s
        where s.name = enroll_audience.sequence and s.archived_at is null));
    chosen uuid[];
    fresh uuid[];
    anchors timestamptz[];
    enrolled bigint[];
    next_user uuid;
    left_out jsonb := '{}';
begin
    if version is null then
        raise exception 'no sequence named %', enroll_audience.sequence using errcode = 'TN404', detail = 'sequence',
            hint = 'Use the name of a sequence in the catalogue.';
    end if;
    perform tendril.check_context(version, enroll_audience.context);
    chosen := tendril.users_meeting(
        enroll_audience.filter, enroll_audience.after_user, enroll_audience.before_user, enroll_audience.batch, enroll_audience.also,
        enroll_audience.zone, enroll_audience.upto_user);
    next_user := case when cardinality(chosen) = enroll_audience.batch then chosen[cardinality(chosen)] end;

    -- A statement of its own: the one that inserts would look through its own new rows again and again.
    fresh := array(
        select c.user_id from unnest(chosen) as c (user_id)
        where not exists (
            select from tendril.enrollments past
            where past.user_id = c.user_id and past.sequence = enroll_audience.sequence and past.key = enroll_audience.key)
            and not exists (
                select from tendril.sequence_opt_outs o where o.user_id = c.user_id and o.sequence = enroll_audience.sequence)
        order by c.user_id);
    if enroll_audience.anchor is not null then
        select coalesce(array_agg(dated.id order by dated.id), '{}'), coalesce(array_agg(dated.moment order by dated.id), '{}')
        into fresh, anchors
        from (
            select u.id, tendril.date_of_user(u, enroll_audience.anchor) as moment from tendril.users u where u.id = any (fresh)
        ) dated
        where dated.moment > enroll_audience.anchored_after;
    end if;
    if cardinality(fresh) > enroll_audience.most then
        next_user := fresh[enroll_audience.most];
        fresh := fresh[1:enroll_audience.most];
        anchors := anchors[1:enroll_audience.most];
        chosen := array(select c.user_id from unnest(chosen) as c (user_id) where c.user_id <= next_user);
    end if;
    if enroll_audience.campaign_id is not null and cardinality(fresh) < cardinality(chosen) then
        left_out := tendril.left_out_of_page(chosen, fresh, enroll_audience.sequence, enroll_audience.key);
    end if;
    enrolled := tendril.begin_enrollments(
        fresh, enroll_audience.sequence, version, enroll_audience.key, enroll_audience.context, anchors => anchors,
        source => enroll_audience.source, campaign_id => enroll_audience.campaign_id, at => enroll_audience.at);
    return jsonb_build_object(
        'seen', cardinality(chosen), 'enrolled', cardinality(enrolled), 'held_out', cardinality(fresh) - cardinality(enrolled),
        'left_out', left_out, 'after_user', next_user);
end;
$$;
