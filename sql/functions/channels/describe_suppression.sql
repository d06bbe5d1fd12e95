-- Says why an address must not be written to and since when, or null where it may; changes nothing.
create or replace function tendril.describe_suppression(channel text, address text)
returns jsonb
language sql stable
set search_path = ''
as $$
    select jsonb_build_object('reason', x.reason, 'at', x.at)
    from tendril.suppressions x
    where x.channel = describe_suppression.channel and x.address_hash = tendril.address_hash(describe_suppression.address);
$$;
