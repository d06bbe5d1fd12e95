-- Says whether an address must not be written to, whoever it belongs to; changes nothing.
create or replace function tendril.is_suppressed(channel text, address text)
returns boolean
language sql stable
set search_path = ''
as $$
    select exists (
        select from tendril.suppressions x
        where x.channel = is_suppressed.channel and x.address_hash = tendril.address_hash(is_suppressed.address));
$$;
