-- Looks at the next of a campaign's audience, remembers who has come into it and forgets who has left, and enrolls who came in: never
-- again, or again after the time that the schedule names. The first round only remembers, unless those present are included. A simulation
-- has a version of its own, and people before one user.
create or replace function tendril.enroll_entering(
    campaign tendril.campaigns, run tendril.campaign_runs, batch int, most int default null,
    version_id bigint default null, before_user uuid default null, at timestamptz default tendril.clock()
)
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    present uuid[] := tendril.users_meeting(
        (enroll_entering.campaign).filter, (enroll_entering.run).after_user, enroll_entering.before_user, batch => enroll_entering.batch);
    upto uuid := case when cardinality(present) = enroll_entering.batch then present[cardinality(present)] end;
    counts_only boolean := (enroll_entering.run).sweeps = 0
        and not coalesce(((enroll_entering.campaign).schedule ->> 'include_present')::boolean, false);
    entering uuid[];
    fresh uuid[];
    enrolled bigint[];
begin
    entering := array(
        select p.user_id from unnest(present) as p (user_id)
        where not exists (
            select from tendril.campaign_members m where m.campaign_id = (enroll_entering.campaign).id and m.user_id = p.user_id)
        order by p.user_id);
    fresh := case when counts_only then '{}' else tendril.enrollable_again(enroll_entering.campaign, entering, enroll_entering.at) end;
    if cardinality(fresh) > enroll_entering.most then
        upto := fresh[enroll_entering.most];
        fresh := fresh[1:enroll_entering.most];
    end if;
    delete from tendril.campaign_members m
    where m.campaign_id = (enroll_entering.campaign).id
        and ((enroll_entering.run).after_user is null or m.user_id > (enroll_entering.run).after_user)
        and (enroll_entering.before_user is null or m.user_id < enroll_entering.before_user)
        and (upto is null or m.user_id <= upto) and m.user_id <> all (present);
    insert into tendril.campaign_members (campaign_id, user_id, since)
    select (enroll_entering.campaign).id, e.user_id, enroll_entering.at from unnest(entering) as e (user_id) where upto is null or e.user_id <= upto;
    enrolled := tendril.begin_enrollments(
        fresh, (enroll_entering.campaign).sequence,
        coalesce(enroll_entering.version_id, (
            select s.current_version_id from tendril.sequences s where s.name = (enroll_entering.campaign).sequence)),
        tendril.campaign_key(enroll_entering.campaign), source => 'campaign', campaign_id => (enroll_entering.campaign).id, at => enroll_entering.at);
    return jsonb_build_object(
        'seen', (select count(*) from unnest(present) as p (user_id) where upto is null or p.user_id <= upto),
        'enrolled', cardinality(enrolled), 'held_out', cardinality(fresh) - cardinality(enrolled), 'after_user', upto);
end;
$$;
