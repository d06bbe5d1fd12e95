-- Scores from 0 to 100 how engaged a user is: overall, or on telegram or email alone. Half of it is how recently they did
-- something (it halves every week), a quarter how many of the last thirty days they were active on, a quarter how much of what they
-- got they answered, drawn towards one in four where there is little to go by. Factors say how it came about; changes nothing.
create or replace function tendril.calculate_engagement_score(user_id uuid, score_type text default 'overall', at timestamptz default tendril.clock())
returns jsonb
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    days_since float8;
    active_days int;
    received int;
    answered int;
    recency float8;
    frequency float8;
    response float8;
begin
    if calculate_engagement_score.score_type not in ('overall', 'telegram', 'email') then
        raise exception 'there is no score "%"', calculate_engagement_score.score_type using errcode = 'TN422', detail = 'score_type',
            hint = 'Use overall, telegram or email.';
    end if;
    if not exists (select from tendril.users u where u.id = calculate_engagement_score.user_id) then
        raise exception 'no user %', calculate_engagement_score.user_id using errcode = 'TN404', detail = 'user';
    end if;
    select extract(epoch from calculate_engagement_score.at - max(b.occurred_at))::float8 / 86400,
        count(distinct b.occurred_at::date) filter (where b.occurred_at > calculate_engagement_score.at - interval '30 days')
    into days_since, active_days
    from tendril.behavior_events b
    where b.user_id = calculate_engagement_score.user_id
        and (calculate_engagement_score.score_type = 'overall' or b.source = calculate_engagement_score.score_type);
    select count(*), count(d.engaged_at)
    into received, answered
    from tendril.message_deliveries d
    where d.user_id = calculate_engagement_score.user_id and d.sent_at > calculate_engagement_score.at - interval '30 days'
        and (calculate_engagement_score.score_type = 'overall' or d.channel = calculate_engagement_score.score_type);
    -- greatest() skips nulls: who never did anything would count as somebody who just did.
    recency := case when days_since is null then 0 else power(0.5, greatest(days_since, 0) / 7) end;
    frequency := 1 - exp(-active_days / 8.0);
    response := case when days_since is null and received = 0 then 0 else (answered + 1.0) / (received + 4) end;
    return jsonb_build_object(
        'user_id', calculate_engagement_score.user_id, 'score_type', calculate_engagement_score.score_type,
        'score', round((50 * recency + 25 * frequency + 25 * response)::numeric, 1),
        'factors', jsonb_build_object(
            'recency', round((50 * recency)::numeric, 1), 'frequency', round((25 * frequency)::numeric, 1), 'response', round((25 * response)::numeric, 1),
            'days_since_last_activity', round(days_since::numeric, 2), 'active_days_of_30', active_days,
            'messages_of_30_days', received, 'answered', answered),
        'calculated_at', calculate_engagement_score.at, 'valid_until', calculate_engagement_score.at + interval '1 day');
end;
$$;
