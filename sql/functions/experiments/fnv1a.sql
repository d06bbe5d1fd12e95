-- The 32-bit FNV-1a hash of the bytes of a text, going on from the hash of what stands before it; changes nothing.
create or replace function tendril.fnv1a(value text, basis bigint default 2166136261)
returns bigint
language plpgsql immutable strict parallel safe
set search_path = ''
as $$
declare
    bytes bytea := convert_to(fnv1a.value, 'UTF8');
    hashed bigint := fnv1a.basis;
begin
    for place in 0 .. length(bytes) - 1 loop
        hashed := ((hashed # get_byte(bytes, place)) * 16777619) & 4294967295;
    end loop;
    return hashed;
end;
$$;
