-- Hashes an address as suppressions keep it; changes nothing. A body that is parsed when it is created needs no search path of
-- its own, and without one the planner puts it in the place of the call.
create or replace function tendril.address_hash(address text)
returns bytea
language sql stable
return sha256(convert_to(lower(address_hash.address), 'UTF8'));
