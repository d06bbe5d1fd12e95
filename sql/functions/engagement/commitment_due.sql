-- Says when a commitment for this local day is asked about: at the given time of that day, else at eight in the evening, and in an
-- hour when that is over. Refuses a day that has passed, and one more than a year ahead; changes nothing.
create or replace function tendril.commitment_due(due_day date, due_time time, zone text, at timestamptz default tendril.clock())
returns timestamptz
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    today date := (commitment_due.at at time zone commitment_due.zone)::date;
begin
    if commitment_due.due_day not between today and today + 366 then
        raise exception '% is not a day ahead', commitment_due.due_day using errcode = 'TN422', detail = 'due_day',
            hint = 'Choose a day from today on, within a year.';
    end if;
    return greatest(
        tendril.instant(commitment_due.due_day + coalesce(commitment_due.due_time, time '20:00'), commitment_due.zone),
        commitment_due.at + interval '1 hour');
end;
$$;
