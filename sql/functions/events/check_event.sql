-- Refuses what no event can be; null stands for what is not given; changes nothing.
create or replace function tendril.check_event(kind text, title text, duration interval, join_url text, capacity int)
returns void
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
begin
    if check_event.kind not in ('meeting', 'webinar', 'session') then
        raise exception 'there is no kind of event "%"', check_event.kind using errcode = 'TN422', detail = 'kind',
            hint = 'Use meeting, webinar or session.';
    elsif btrim(check_event.title) = '' or length(check_event.title) > 100 then
        raise exception 'a title has 1 to 100 characters' using errcode = 'TN422', detail = 'title';
    elsif check_event.duration <= interval '0' or check_event.duration > interval '7 days' then
        raise exception 'an event lasts up to seven days' using errcode = 'TN422', detail = 'duration';
    elsif check_event.join_url !~* '^https?://[^\s<>"]+$' or length(check_event.join_url) > 500 then
        raise exception 'a link begins with https://' using errcode = 'TN422', detail = 'join_url';
    elsif check_event.capacity < 1 then
        raise exception 'there has to be room for somebody' using errcode = 'TN422', detail = 'capacity';
    end if;
end;
$$;
