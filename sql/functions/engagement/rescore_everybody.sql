-- Has the scores of all users reckoned anew, from the first on; rescore_changed does so bit by bit. Says of how many.
create or replace function tendril.rescore_everybody()
returns bigint
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    -- who is at a slice finishes its batch first
    perform from tendril.score_slices s order by s.slice for update;
    update tendril.score_slices s set onwards = s.first_user;
    return (select count(*) from tendril.users u where u.deleted_at is null);
end;
$$;
