-- Compiles one path of a filter and what is asked of it; changes nothing.
create or replace function tendril.compile_path(path text, wanted jsonb)
returns text
language plpgsql immutable
set search_path = ''
as $$
#variable_conflict use_column
declare
    subject text := split_part(compile_path.path, '.', 1);
    rest text := substr(compile_path.path, length(split_part(compile_path.path, '.', 1)) + 2);
    present text;
begin
    case
        when rest = '' then
            null;
        when subject = 'attributes' then
            return tendril.compile_test(format('(u.attributes #> %L)', string_to_array(rest, '.')), compile_path.wanted, compile_path.path);
        when subject = 'context' then
            return tendril.compile_test(format('(e.context #> %L)', string_to_array(rest, '.')), compile_path.wanted, compile_path.path);
        when subject = 'user' and rest in ('locale', 'timezone', 'username', 'first_name') then
            return tendril.compile_test(format('to_jsonb(u.%I)', rest), compile_path.wanted, compile_path.path);
        when subject = 'user' and rest = 'days_inactive' then
            return tendril.compile_test(
                'to_jsonb(floor(extract(epoch from tendril.clock() - coalesce(u.last_active_at, u.created_at)) / 86400))',
                compile_path.wanted, compile_path.path);
        when subject = 'user' and rest = 'pods' then
            return tendril.compile_test(
                '(select to_jsonb(count(*)) from tendril.pod_members m where m.user_id = u.id and m.left_at is null)',
                compile_path.wanted, compile_path.path);
        when subject = 'sequences' then
            return tendril.compile_test(
                format('(select to_jsonb(r.status) from tendril.enrollments r where r.user_id = u.id and r.sequence = %L order by r.id desc limit 1)', rest),
                compile_path.wanted, compile_path.path);
        when subject = 'contact_points' then
            -- "exists" asks for an address that can be written to; any other test is about its state
            return tendril.compile_test(
                format(
                    '(select to_jsonb(c.state) from tendril.contact_points c where c.user_id = u.id and c.channel = %L %s'
                    ' order by c.state = ''unverified'', c.id desc limit 1)',
                    rest, case when compile_path.wanted ? '$exists' then 'and c.state = ''active''' else '' end),
                compile_path.wanted, compile_path.path);
        when subject = 'behavior' then
            return tendril.compile_behavior(rest, compile_path.wanted, compile_path.path);
        when subject in ('clicked', 'opened') then
            present := format(
                '(select to_jsonb(true) from tendril.message_deliveries m join tendril.sequence_steps t'
                ' on t.version_id = m.version_id and t.position = m.message_step'
                ' where m.enrollment_id = e.id and t.name = %L and m.%I is not null limit 1)',
                rest, subject || '_at');
            if jsonb_typeof(compile_path.wanted) = 'boolean' then
                return format('((%s is not null) = %L::boolean)', present, compile_path.wanted);
            end if;
            return tendril.compile_test(present, compile_path.wanted, compile_path.path);
        else
            null;
    end case;
    raise exception 'a filter cannot ask for "%"', compile_path.path using errcode = 'TN422', detail = compile_path.path,
        hint = 'Use attributes.X, context.X, user.locale, contact_points.CHANNEL, sequences.NAME, behavior.EVENT, clicked.STEP or opened.STEP.';
end;
$$;
