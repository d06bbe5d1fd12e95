-- Gives, of those users whom a running experiment or a holdout concerns, the variant of the sequence that each gets, or that they
-- are held out; of the others nothing. Changes nothing.
create or replace function tendril.choose_versions(
    users uuid[], sequence text, campaign_id bigint, key text, at timestamptz default tendril.clock()
)
returns table (user_id uuid, version_id bigint, experiment_id bigint, variant text, is_held_out boolean)
language sql stable
set search_path = ''
as $$
    select null::uuid, null::bigint, null::bigint, null::text, null::boolean where false;
$$;
