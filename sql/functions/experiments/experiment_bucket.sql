-- Where a value lies between 0 and 1, as GrowthBook's SDKs hash it with a seed (versions 1 and 2); changes nothing.
create or replace function tendril.experiment_bucket(value text, seed text, hash_version int default 2)
returns double precision
language sql immutable strict parallel safe
set search_path = ''
as $$
    select case experiment_bucket.hash_version
        when 1 then (tendril.fnv1a(experiment_bucket.value || experiment_bucket.seed) % 1000)::double precision / 1000
        when 2 then (tendril.fnv1a(tendril.fnv1a(experiment_bucket.seed || experiment_bucket.value)::text) % 10000)::double precision / 10000
    end;
$$;
