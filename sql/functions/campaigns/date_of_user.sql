-- Reads a date that a user brings: "user.created_at", or an attribute as "attributes.trial.began_on" with a day or a moment, which is
-- on the user's own clock unless it says otherwise; null where there is none. Changes nothing.
create or replace function tendril.date_of_user(subject tendril.users, anchor text)
returns timestamptz
language plpgsql stable
set search_path = '' set datestyle = 'ISO'
as $$
#variable_conflict use_column
declare
    written text := (date_of_user.subject).attributes #>> (string_to_array(date_of_user.anchor, '.'))[2:];
    -- year, month, day, time of day, offset
    parts text[] := regexp_match(written, '^([12]\d{3})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])'
        '(?:[T ]((?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?)(Z|[+-](?:0\d|1[0-4]):[0-5]\d)?)?$');
    month date := make_date(parts[1]::int, parts[2]::int, 1);
begin
    if date_of_user.anchor = 'user.created_at' then
        return (date_of_user.subject).created_at;
    elsif parts is null or month + parts[3]::int - 1 >= month + interval '1 month' then
        return null;
    elsif parts[5] is not null then
        return written::timestamptz;
    end if;
    return tendril.instant(month + (parts[3]::int - 1) + coalesce(parts[4], '00:00')::time, (date_of_user.subject).timezone);
end;
$$;
