-- Writes a version so that its order as a text is its order as a version: numbers padded, a release after what led up to it;
-- changes nothing.
create or replace function tendril.padded_version(version text)
returns text
language sql immutable
set search_path = ''
as $$
    select string_agg(case when p.part ~ '^\d+$' then lpad(p.part, greatest(5, length(p.part))) else p.part end, '-' order by p.place)
    from regexp_split_to_table(
        regexp_replace(regexp_replace(left(padded_version.version, 100), '^v|\+.*$', '', 'g'), '^(\d+\.\d+\.\d+)$', '\1.~'), '[-.]'
    ) with ordinality as p (part, place);
$$;
