-- Who is ahead of whom: standings by day, week and of all time, kept by whatever changes somebody's XP, and counted so that a rank
-- among a million is the sum of some hundred rows; weekly leagues; achievements.

alter table tendril.user_preferences add column on_leaderboards boolean not null default true;

create table tendril.standings (
    user_id uuid not null references tendril.users on delete cascade,
    period text not null check (period in ('daily', 'weekly', 'all_time')),
    -- the day, or the Monday of the week, on the user's own calendar; of all time -infinity
    since date not null,
    xp int not null,
    -- stands here and not only in their preferences, so that one row says what it counts as
    is_listed boolean not null,
    -- of a week: is to be put into a league
    awaits_league boolean not null,
    primary key (user_id, period, since)
);
create index standings_by_xp on tendril.standings (period, since, xp, user_id) where is_listed and xp > 0;
create index standings_hidden on tendril.standings (period, since) where not (is_listed and xp > 0);
create index standings_awaiting_league on tendril.standings (since, user_id) where awaits_league;

-- How many people have how much, counted at three grains: bucket b of a shift holds those whose XP, shifted right by so many bits,
-- is b. A trigger appends what changes, so that nobody waits for anybody; from time to time that is added to the sums. What is
-- right is always both together.
create table tendril.standing_counts (
    period text not null,
    since date not null,
    shift int not null,
    bucket int not null,
    people int not null,
    primary key (period, since, shift, bucket)
);
create table tendril.standing_changes (
    period text not null,
    since date not null,
    shift int not null,
    bucket int not null,
    people int not null
);
create index standing_changes_of_board on tendril.standing_changes (period, since, shift, bucket) include (people);

-- Up to thirty people of one tier who compare their weeks.
create table tendril.leagues (
    id bigint generated always as identity primary key,
    -- its Monday
    week date not null,
    tier int not null check (tier between 1 and 10),
    -- places given; who leaves takes theirs with them
    places int not null check (places between 0 and 30),
    -- when the week is over for the last of its people
    closes_at timestamptz not null,
    closed_at timestamptz
);
create index leagues_with_room on tendril.leagues (week, tier) where closed_at is null and places < 30;
create index leagues_to_close on tendril.leagues (closes_at) where closed_at is null;

create table tendril.league_members (
    user_id uuid not null references tendril.users on delete cascade,
    week date not null,
    league_id bigint not null references tendril.leagues,
    joined_at timestamptz not null,
    -- when the league is closed
    place int,
    xp int,
    result text check (result in ('promoted', 'stayed', 'relegated')),
    primary key (user_id, week)
);
create index league_members_by_league on tendril.league_members (league_id);

-- Who forms and closes leagues holds this row.
create table tendril.league_state (
    only_row boolean primary key default true check (only_row)
);
insert into tendril.league_state default values;

create table tendril.achievements (
    name text primary key check (name ~ '^[a-z][a-z0-9_]*$'),
    position int not null,
    -- by language: {"en": "…", "de": "…"}
    title jsonb not null check (jsonb_typeof(title -> 'en') = 'string'),
    description jsonb not null check (jsonb_typeof(description -> 'en') = 'string'),
    icon text not null check (icon <> ''),
    filter jsonb not null check (jsonb_typeof(filter) = 'object'),
    -- the behavior events by which one may come to meet it; null is any
    event_types text[],
    -- had without anybody being told
    is_quiet boolean not null default false,
    -- null: from the file
    created_by text,
    -- what is no longer offered stays with those who earned it
    is_offered boolean not null default true,
    created_at timestamptz not null,
    -- those up to this user have been looked through for who met the filter before it was there
    looked_through uuid,
    is_looked_through boolean not null default false
);

create table tendril.achievements_earned (
    user_id uuid not null references tendril.users on delete cascade,
    achievement text not null references tendril.achievements,
    earned_at timestamptz not null,
    primary key (user_id, achievement)
);
create index achievements_earned_by_name on tendril.achievements_earned (achievement);

-- What somebody did that may have earned them something; appended only, so that nobody waits for anybody.
create table tendril.achievement_marks (behavior_event_id bigint not null);

-- The functions are in sql/functions/leaderboards; a trigger needs one to be made.
create function tendril.note_xp() returns trigger language plpgsql set search_path = '' as 'begin return null; end';
create function tendril.count_standings() returns trigger language plpgsql set search_path = '' as 'begin return null; end';
create function tendril.mark_achievers() returns trigger language plpgsql set search_path = '' as 'begin return null; end';

create trigger note_earned after insert on tendril.xp_days
    referencing new table as now for each statement execute function tendril.note_xp();
create trigger note_changed after update on tendril.xp_days
    referencing old table as was new table as now for each statement execute function tendril.note_xp();
create trigger note_deleted after delete on tendril.xp_days
    referencing old table as was for each statement execute function tendril.note_xp();

create trigger count_new after insert on tendril.standings
    referencing new table as now for each statement execute function tendril.count_standings();
create trigger count_changed after update on tendril.standings
    referencing old table as was new table as now for each statement execute function tendril.count_standings();
create trigger count_deleted after delete on tendril.standings
    referencing old table as was for each statement execute function tendril.count_standings();
create trigger count_nobody after truncate on tendril.standings
    for each statement execute function tendril.count_standings();

create trigger mark_achievers after insert on tendril.behavior_events
    referencing new table as now for each statement execute function tendril.mark_achievers();
