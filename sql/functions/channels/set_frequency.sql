-- Sets how many messages a user gets to what a frequency of this name allows.
create or replace function tendril.set_frequency(user_id uuid, frequency text)
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    if not exists (select from tendril.frequencies() f where f.name = set_frequency.frequency) then
        raise exception '"%" is not a frequency', set_frequency.frequency using errcode = 'TN422', detail = 'frequency',
            hint = 'Use normal, less, few or rare.';
    end if;
    update tendril.user_preferences p
    set max_per_day = f.max_per_day, max_per_week = f.max_per_week
    from tendril.frequencies() f
    where p.user_id = set_frequency.user_id and f.name = set_frequency.frequency;
end;
$$;
