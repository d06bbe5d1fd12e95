-- Reckons the scores of users anew, each by a user id, an external id, a Telegram id, an email address or @username, and gives them, all
-- or those of one kind. Somebody who is not known refuses them all, and is named by their place.
create or replace function tendril.score_users(user_references text[], score_type text default null, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    users uuid[] := '{}';
begin
    perform tendril.check_score_type(score_users.score_type);
    for place in 1..cardinality(score_users.user_references) loop
        begin
            users := users || (tendril.find_user(score_users.user_references[place]) ->> 'id')::uuid;
        exception when sqlstate 'TN404' then
            raise exception 'there is no user "%"', score_users.user_references[place] using errcode = 'TN422',
                detail = format('users.%s', place - 1), hint = 'Give a user id, an external id, a Telegram id, an email address or @username.';
        end;
    end loop;
    perform tendril.calculate_engagement_scores(users, score_users.at);
    return tendril.list_scores(users, score_users.score_type, score_users.at);
end;
$$;
