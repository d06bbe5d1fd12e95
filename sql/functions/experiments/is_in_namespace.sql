-- Says whether a value lies in a part of a namespace, as GrowthBook's SDKs decide it; whatever has no namespace is open to all;
-- changes nothing.
create or replace function tendril.is_in_namespace(
    value text, namespace text, namespace_from double precision, namespace_until double precision
)
returns boolean
language sql immutable parallel safe
set search_path = ''
as $$
    select is_in_namespace.namespace is null or (
        select n.bucket >= is_in_namespace.namespace_from and n.bucket < is_in_namespace.namespace_until
        from (select tendril.experiment_bucket(is_in_namespace.value, '__' || is_in_namespace.namespace, 1) as bucket) n);
$$;
