-- Gives the patterns of the latest look, the most striking first, and those that are gone where they are asked for; and the look itself:
-- how much it saw, and how many comparisons it made. Changes nothing.
create or replace function tendril.list_patterns(measure text default null, subject text default null, with_gone boolean default false)
returns jsonb
language sql stable
set search_path = ''
as $$
    select jsonb_build_object(
        'look', (select to_jsonb(l) - 'id' from tendril.pattern_looks l order by l.looked_at desc, l.id desc limit 1),
        'items', coalesce((
            select jsonb_agg(to_jsonb(p) - 'id' order by p.gone_at is not null, p.p_value, p.id)
            from tendril.patterns p
            where (list_patterns.measure is null or p.measure = list_patterns.measure)
                and (list_patterns.subject is null or p.subject = list_patterns.subject) and (list_patterns.with_gone or p.gone_at is null)), '[]'));
$$;
