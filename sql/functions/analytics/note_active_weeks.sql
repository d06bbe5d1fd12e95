-- Trigger: notes the weeks in which people did what is recorded; what only the clock noticed is nothing that they did.
create or replace function tendril.note_active_weeks()
returns trigger
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    insert into tendril.active_weeks (user_id, week, signed_up_in)
    select distinct b.user_id, date_trunc('week', b.occurred_at at time zone 'UTC')::date,
        date_trunc('week', u.created_at at time zone 'UTC')::date
    from now b join tendril.users u on u.id = b.user_id
    where b.source <> 'clock'
    order by 1, 2
    on conflict (user_id, week) do nothing;
    return null;
end;
$$;
