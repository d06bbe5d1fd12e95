-- Copies the rows that a table has of these people, column by column: `replaced` says as SQL what a column of the copy has instead,
-- over the row `t`, the person `p` and the new ids `$2`; "default" leaves it to the table.
create or replace function tendril.copy_rows(source text, owner text, people jsonb, ids jsonb, replaced jsonb)
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    columns text[];
    expressions text[];
begin
    select
        array_agg(quote_ident(a.attname) order by a.attnum),
        array_agg(coalesce(copy_rows.replaced ->> a.attname, format('t.%I', a.attname)) order by a.attnum)
    into columns, expressions
    from pg_catalog.pg_attribute a
    where a.attrelid = format('tendril.%I', copy_rows.source)::regclass and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
        and copy_rows.replaced ->> a.attname is distinct from 'default';
    execute format(
        'insert into tendril.%1$I (%2$s) overriding system value select %3$s from tendril.%1$I t '
        'join jsonb_to_recordset($1) as p (user_id uuid, real uuid) on p.real = t.%4$I',
        copy_rows.source, array_to_string(columns, ', '), array_to_string(expressions, ', '), copy_rows.owner)
    using copy_rows.people, copy_rows.ids;
end;
$$;
