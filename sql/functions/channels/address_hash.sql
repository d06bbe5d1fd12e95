-- Hashes an address as suppressions keep it; changes nothing.
create or replace function tendril.address_hash(address text)
returns bytea
language sql immutable
set search_path = ''
as $$
    select sha256(convert_to(lower(address_hash.address), 'UTF8'));
$$;
