-- Compiles one path of a filter and what is asked of it: each subject says where its value is; changes nothing.
create or replace function tendril.compile_path(key text, wanted jsonb, path text)
returns text
language plpgsql immutable
set search_path = ''
as $$
#variable_conflict use_column
declare
    subject text := split_part(compile_path.key, '.', 1);
    rest text := substr(compile_path.key, length(split_part(compile_path.key, '.', 1)) + 2);
    operand text := case
        when rest = '' then null
        when subject = 'attributes' then format('(u.attributes #> %L)', string_to_array(rest, '.'))
        when subject = 'context' then format('(e.context #> %L)', string_to_array(rest, '.'))
        when subject = 'user' and rest in ('locale', 'timezone', 'username', 'first_name') then format('to_jsonb(u.%I)', rest)
        when subject = 'user' and rest = 'days_inactive'
            then 'to_jsonb(floor(extract(epoch from (select tendril.clock()) - coalesce(u.last_active_at, u.created_at)) / 86400))'
        when subject = 'user' and rest = 'pods'
            then '(select to_jsonb(count(*)) from tendril.pod_members m where m.user_id = u.id and m.left_at is null)'
    end;
    reckoned text := tendril.compile_game(subject, rest);
    column_name text := case subject || '.' || rest
        when 'user.created_at' then 'u.created_at'
        when 'user.last_active_at' then 'u.last_active_at'
        when 'preferences.paused' then 'coalesce(p.paused_until > (select tendril.clock()), false)'
        when 'preferences.stopped' then '(p.stopped_at is not null)'
    end;
begin
    if operand is not null then
        return tendril.compile_test(operand, compile_path.wanted, compile_path.path);
    end if;
    case
        when subject = 'deliveries' then
            return tendril.compile_deliveries(rest, compile_path.wanted, compile_path.path);
        when rest = '' then
            null;
        when subject = 'user' and column_name is not null then
            return tendril.compile_moment(column_name, compile_path.wanted, compile_path.path);
        when subject = 'preferences' and (
            column_name is not null or rest in ('preferred_channel', 'learned_channel', 'preferred_time', 'max_per_day', 'max_per_week')) then
            return tendril.compile_lookup('tendril.user_preferences p where p.user_id = u.id',
                format('to_jsonb(%s)', coalesce(column_name, format('p.%I', rest))), compile_path.wanted, compile_path.path);
        when reckoned is not null then
            -- anew for every user whom the quicker entries leave; once for each, however many operators
            return format('(select %s from (select %s as n offset 0) reckoned)',
                tendril.compile_test('reckoned.n', compile_path.wanted, compile_path.path), reckoned);
        when subject = 'score' and rest in ('overall', 'telegram', 'email', 'attendance', 'commitment') then
            -- once for each user, however many operators
            return tendril.compile_lookup(
                format('tendril.user_scores s cross join (select tendril.clock() as at offset 0) c cross join lateral ('
                    'select to_jsonb(tendril.score_of(%L, s.%I, s.calculated_at, c.at)) as n offset 0) r where s.user_id = u.id', rest, rest),
                'r.n', compile_path.wanted, compile_path.path, missing => '0');
        when subject = 'risk' and rest in ('drop_off', 'weekly', 'monthly', 'band') then
            return tendril.compile_lookup('tendril.drop_off_risks r where r.user_id = u.id',
                format('to_jsonb(r.%I)', case rest when 'drop_off' then 'risk' else rest end), compile_path.wanted, compile_path.path);
        when subject = 'profile' and rest in ('learning_style', 'pace', 'difficulty', 'study_time', 'formats', 'motivation') then
            return tendril.compile_lookup(
                'tendril.profiles r where r.user_id = u.id', format('r.known -> %L', rest), compile_path.wanted, compile_path.path);
        when subject in ('enrollments', 'sequences') then
            return tendril.compile_lookup(
                format('tendril.enrollments r where r.user_id = u.id and r.sequence = %L and not exists ('
                    'select from tendril.enrollments later where later.user_id = r.user_id and later.sequence = r.sequence and later.id > r.id)', rest),
                'to_jsonb(r.status)', compile_path.wanted, compile_path.path);
        when subject = 'contact_points' then
            return tendril.compile_contact_point(rest, compile_path.wanted, compile_path.path);
        when subject = 'behavior' then
            return tendril.compile_occurrences(
                format('tendril.behavior_events b where b.user_id = u.id and b.type = %L', rest), 'b.occurred_at', compile_path.wanted, compile_path.path);
        when subject = 'commitments' and rest in ('open', 'done', 'missed', 'dropped') then
            return tendril.compile_occurrences(
                format('tendril.commitments k where k.user_id = u.id and k.status = %L', rest),
                case rest when 'done' then 'k.completed_at' when 'missed' then 'k.lapses_at' else 'k.created_at' end,
                compile_path.wanted, compile_path.path);
        when subject = 'pods' and rest = 'member' then
            if jsonb_typeof(compile_path.wanted) <> 'boolean' then
                perform tendril.refuse_filter(compile_path.path, 'takes true or false');
            end if;
            return format('%s (select from tendril.pod_members m where m.user_id = u.id and m.left_at is null)',
                case when compile_path.wanted::boolean then 'exists' else 'not exists' end);
        when subject in ('clicked', 'opened') then
            return tendril.compile_step(subject, rest, compile_path.wanted, compile_path.path);
        else
            null;
    end case;
    return tendril.refuse_filter(compile_path.path, format(
        'a filter cannot ask for "%s"; it can ask for attributes.X, user.X, contact_points.CHANNEL, preferences.X, score.TYPE, risk.X, streak.X, xp.X, profile.X, enrollments.SEQUENCE, '
        'deliveries.SEQUENCE, behavior.EVENT, commitments.STATUS, pods.member, context.X, clicked.STEP or opened.STEP', compile_path.key));
end;
$$;
