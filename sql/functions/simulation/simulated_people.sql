-- Gathers the people of a simulation: copies of those it names, copies of a sample of its audience, and those it invents. Gives for
-- each a label, their real id if they have one, the channels that fail for them, and the id that they have in here: these are in the
-- order in which a campaign comes to people, which is that of real ids; somebody invented stands where the label puts them.
create or replace function tendril.simulated_people(simulation jsonb, run jsonb, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    -- their ids are numbers, one after the other, and lie next to nobody else's
    prefix text := left(gen_random_uuid()::text, 18) || '-8000-';
    named uuid[] := array(
        select u.id from (
            select (tendril.find_user(r.reference) ->> 'id')::uuid as id, r.place
            from jsonb_array_elements_text(coalesce(simulated_people.simulation -> 'users', '[]')) with ordinality as r (reference, place)
        ) u
        group by u.id order by min(u.place));
    sample int := coalesce((simulated_people.simulation ->> 'sample')::int, 0);
    chosen uuid[] := case when sample = 0 then '{}' else tendril.users_meeting(
        coalesce(nullif(simulated_people.simulation -> 'audience', 'null'), simulated_people.run -> 'sampled'), batch => sample) end;
    people jsonb;
    unknown record;
begin
    select jsonb_agg(jsonb_build_object(
        'user_id', prefix || lpad(to_hex(numbered.n), 12, '0'), 'n', numbered.n, 'stands', numbered.stands, 'real', numbered.real, 'label', numbered.label, 'spec', numbered.spec,
        'fails', coalesce(numbered.spec -> 'fails', '[]') || coalesce((
            select jsonb_agg(f.value -> 'channel') from jsonb_array_elements(simulated_people.simulation -> 'fails') f
            where f.value -> 'people' is null or f.value -> 'people' ? numbered.label), '[]')) order by numbered.place)
    into people
    from (
        select each.*, row_number() over (order by each.stands, each.place) as n
        from (
            select r.id as real, r.id::text as label, null::jsonb as spec, r.place, r.id as stands
            from unnest(named || array(select unnest(chosen) except select unnest(named) order by 1)) with ordinality as r (id, place)
            union all
            select null, coalesce(i.value ->> 'label', 'somebody ' || i.place), i.value || jsonb_build_object('number', i.place - 1), 1000 + i.place,
                md5(coalesce(i.value ->> 'label', 'somebody ' || i.place))::uuid
            from jsonb_array_elements(coalesce(simulated_people.simulation -> 'invented', '[]')) with ordinality as i (value, place)
        ) each
    ) numbered;
    select m.field, m.label into unknown
    from (
        select 'assumptions.' || kind.name || '.' || a.place - 1 || '.people' as field, l.value as label
        from (values ('behavior'), ('fails')) as kind (name)
        cross join lateral jsonb_array_elements(coalesce(simulated_people.simulation -> kind.name, '[]')) with ordinality as a (value, place)
        cross join lateral jsonb_array_elements_text(coalesce(nullif(a.value -> 'people', 'null'), '[]')) as l (value)
    ) m
    where not exists (select from jsonb_array_elements(people) p where p.value ->> 'label' = m.label) limit 1;
    if found then
        raise exception 'nobody here has the label "%"', unknown.label using errcode = 'TN422', detail = unknown.field,
            hint = 'Somebody invented has the label that was given, anybody real their id.';
    end if;
    perform tendril.copy_people(people);
    perform tendril.invent_person((p.value ->> 'user_id')::uuid, p.value -> 'spec', simulated_people.at)
    from jsonb_array_elements(coalesce(people, '[]')) p where p.value ->> 'real' is null;
    return coalesce(people, '[]');
end;
$$;
