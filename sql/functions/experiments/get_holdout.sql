-- The share of everybody that no campaign writes to, and since when; changes nothing.
create or replace function tendril.get_holdout()
returns jsonb
language sql stable
set search_path = ''
as $$
    select coalesce(
        (select jsonb_build_object('share', h.share, 'seed', h.seed, 'since', h.since) from tendril.global_holdout h where h.share > 0),
        jsonb_build_object('share', 0, 'seed', null, 'since', null));
$$;
