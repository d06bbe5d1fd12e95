-- A run of a campaign is divided into pages that several carry at once, beside a pause; and what planning asks of a user is in an index.

-- A part of the audience of a run that is still to be enrolled. Whoever has its row locked is about it; it goes when its people are.
create table tendril.campaign_pages (
    id bigint generated always as identity primary key,
    run_id bigint not null references tendril.campaign_runs on delete cascade,
    -- the ids of its people come after the one, up to and with the other; null: from the first, to the last
    after_user uuid,
    upto_user uuid
);
create index campaign_pages_of_run on tendril.campaign_pages (run_id);
-- Whether all of its audience is in pages, or was.
alter table tendril.campaign_runs add column is_divided boolean not null default false;

-- People are planned in the order of their ids, in which their rows do not lie: without these each would cost three pages of their own.
create index contact_points_reachable on tendril.contact_points (user_id, channel) where state = 'active' and unsubscribed_at is null;
create index user_preferences_channels on tendril.user_preferences (user_id) include (preferred_channel, learned_channel);
