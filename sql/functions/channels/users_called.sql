-- The ids of those who answer to what somebody typed: who has exactly this id or address first, then whose username, email
-- address or names begin with it, lately active first, so many at most; changes nothing.
create or replace function tendril.users_called(typed text, most int)
returns uuid[]
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    wanted text := lower(btrim(users_called.typed));
    username_start text := ltrim(wanted, '@');
    -- Nothing comes after it, so what begins with a text lies between that text and this.
    last_letter constant text := chr(1114111);
    words tsquery;
begin
    if username_start = '' then
        return '{}';
    end if;
    select string_agg(format('''%s'':*', replace(replace(word, '\', '\\'), '''', '''''')), ' & ')::tsquery into words
    from (select unnest(tsvector_to_array(to_tsvector('pg_catalog.simple', wanted))) as word) w;
    return array(
        select u.id
        from (
            select 0 as rank, u.id from tendril.users u where u.id = case when wanted ~ '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$' then wanted::uuid end
            union all
            select 0, u.id from tendril.users u where u.external_id = btrim(users_called.typed)
            union all
            select 0, c.user_id from tendril.contact_points c where c.address = wanted
            union all
            select 0, u.id from tendril.users u where lower(u.username) = username_start
            union all
            (select 1, u.id from tendril.users u
            where lower(u.username) ~>=~ username_start and lower(u.username) ~<~ (username_start || last_letter) limit users_called.most)
            union all
            (select 1, c.user_id from tendril.contact_points c
            where wanted not like '@%' and c.address ~>=~ wanted and c.address ~<~ (wanted || last_letter) limit users_called.most)
            union all
            (select 2, u.id from tendril.users u
            where wanted not like '@%' and to_tsvector('pg_catalog.simple', coalesce(u.first_name, '') || ' ' || coalesce(u.last_name, '')
                || ' ' || coalesce(u.chosen_name, '') || ' ' || coalesce(u.username, '') || ' ' || coalesce(u.external_id, '')) @@ words
            limit users_called.most)
        ) called
        join tendril.users u on u.id = called.id and u.deleted_at is null
        group by u.id, u.last_active_at
        order by min(called.rank), u.last_active_at desc nulls last, u.id
        limit users_called.most);
end;
$$;
