-- Lists the members of a pod by what they earned in a week, the pod that is given or the user's first, and where a user is among
-- them; changes nothing.
create or replace function tendril.pod_board(pod_id bigint, user_id uuid, since date, limit_to int)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    chosen tendril.pods;
    ranked jsonb;
    mine jsonb;
begin
    select p.* into chosen from tendril.pods p
    where p.archived_at is null and case
        when pod_board.pod_id is not null then p.id = pod_board.pod_id
        else exists (select from tendril.pod_members m where m.pod_id = p.id and m.user_id = pod_board.user_id and m.left_at is null) end
    order by p.id limit 1;
    if chosen.id is null and pod_board.pod_id is not null then
        raise exception 'no pod %', pod_board.pod_id using errcode = 'TN404', detail = 'pod';
    elsif chosen.id is null and pod_board.user_id is null then
        raise exception 'a pod, or a user of one, is needed' using errcode = 'TN422', detail = 'pod';
    end if;
    with members as (
        select u.id as user_id, tendril.called(u) as name, coalesce(s.xp, 0) as xp, tendril.is_on_leaderboards(u.id) as is_listed
        from tendril.pod_members m
        join tendril.users u on u.id = m.user_id and u.deleted_at is null
        left join tendril.standings s on s.user_id = u.id and s.period = 'weekly' and s.since = pod_board.since
        where m.pod_id = chosen.id and m.left_at is null
    ), ranked as (
        select m.*, 1 + (select count(*) from members o where o.is_listed and o.xp > m.xp) as rank from members m
    )
    select coalesce(jsonb_agg(to_jsonb(r) order by r.xp desc, r.name, r.user_id) filter (where r.is_listed), '[]'),
        (jsonb_agg(to_jsonb(r)) filter (where r.user_id = pod_board.user_id)) -> 0
    into ranked, mine from ranked r;
    return jsonb_build_object(
        'pod', case when chosen.id is not null then jsonb_build_object('id', chosen.id, 'name', chosen.name) end,
        'people', jsonb_array_length(ranked),
        'items', (
            select coalesce(jsonb_agg(r.item - 'is_listed' order by r.place), '[]')
            from jsonb_array_elements(ranked) with ordinality as r (item, place) where r.place <= pod_board.limit_to),
        'you', case when mine is not null then jsonb_build_object(
            'rank', mine -> 'rank', 'xp', mine -> 'xp', 'is_listed', mine -> 'is_listed',
            'behind_next', (select min((r ->> 'xp')::int) - (mine ->> 'xp')::int from jsonb_array_elements(ranked) r
                where (r ->> 'xp')::int > (mine ->> 'xp')::int),
            'ahead_of', (select count(*) from jsonb_array_elements(ranked) r where (r ->> 'xp')::int < (mine ->> 'xp')::int),
            -- they know each other: the board itself is the neighborhood
            'neighbors', '[]'::jsonb) end);
end;
$$;
