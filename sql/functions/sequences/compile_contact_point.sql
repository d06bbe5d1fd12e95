-- Compiles what is asked of a user's address on a channel: its state, or whether they opted in or unsubscribed there; of several,
-- the proved one counts, else the latest; changes nothing.
create or replace function tendril.compile_contact_point(name text, wanted jsonb, path text)
returns text
language plpgsql immutable
set search_path = ''
as $$
#variable_conflict use_column
declare
    channel text := split_part(compile_contact_point.name, '.', 1);
    asked text := case when position('.' in compile_contact_point.name) > 0 then substr(compile_contact_point.name, length(channel) + 2) else 'state' end;
    operand text := case asked
        when 'state' then 'to_jsonb(c.state)'
        when 'unsubscribed' then 'to_jsonb(c.unsubscribed_at is not null)'
        when 'opted_in' then 'to_jsonb(c.unsubscribed_at is null and (c.opt_in_sequences or c.opt_in_announcements or c.opt_in_reminders))'
    end;
begin
    if operand is null then
        perform tendril.refuse_filter(compile_contact_point.path, format('a contact point has no %s here; there are: opted_in, unsubscribed', asked));
    end if;
    return tendril.compile_lookup(
        format('tendril.contact_points c where c.user_id = u.id and c.channel = %L and ', channel)
        -- "exists" asks for an address that can be written to; any other test is about the address that counts
        || case when asked = 'state' and compile_contact_point.wanted ? '$exists' then 'c.state = ''active'''
            else '(c.state <> ''unverified'' or not exists (select from tendril.contact_points o where o.user_id = c.user_id'
                ' and o.channel = c.channel and (o.state <> ''unverified'' or o.id > c.id)))' end,
        operand, compile_contact_point.wanted, compile_contact_point.path);
end;
$$;
