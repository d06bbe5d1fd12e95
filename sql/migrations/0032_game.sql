-- The game: what earns XP, the ledger of it and what is summed from it, levels, and streaks.

-- From the game's file, read anew at each start.
create table tendril.xp_actions (
    action text primary key,
    title text not null,
    -- the behavior event that earns it, where its metadata has all of this; null is earned only where somebody awards it
    event_type text,
    condition jsonb not null default '{}' check (jsonb_typeof(condition) = 'object'),
    xp int not null check (xp >= 0),
    -- how often it earns something on one day of the user's calendar, and ever; null is no limit
    daily_cap int check (daily_cap > 0),
    total_cap int check (total_cap > 0),
    keeps_streak boolean not null
);
create index xp_actions_by_event on tendril.xp_actions (event_type);

create table tendril.xp_levels (
    number int primary key check (number > 0),
    name text not null,
    -- in other languages: {"de": "…"}
    names jsonb not null default '{}' check (jsonb_typeof(names) = 'object'),
    xp int not null unique check (xp >= 0),
    -- {"title": …, "freezes": …, "attributes": {…}}
    reward jsonb not null default '{}' check (jsonb_typeof(reward) = 'object')
);

create table tendril.streak_rules (
    only_row boolean primary key default true check (only_row),
    -- how many a streak begins with, and the most that it can have
    freezes int not null check (freezes >= 0),
    -- days of a streak, ascending, and how many freezes each gives back
    milestones int[] not null,
    given_back int[] not null check (cardinality(given_back) = cardinality(milestones)),
    repair_hours int not null check (repair_hours > 0),
    repair_acts int not null check (repair_acts > 0)
);

-- What everybody earned and for what: all sums of XP can be made anew from it.
create table tendril.xp_ledger (
    user_id uuid not null references tendril.users on delete cascade,
    -- what is earned once
    award_key text not null,
    action text not null,
    xp int not null,
    -- as the user's calendar had it then: who travels keeps their history
    day date not null,
    -- may be gone: the ledger outlives it
    behavior_event_id bigint,
    earned_at timestamptz not null,
    primary key (user_id, award_key)
);
create index xp_ledger_of_day on tendril.xp_ledger (user_id, action, day);

create table tendril.xp_totals (
    user_id uuid primary key references tendril.users on delete cascade,
    xp int not null check (xp >= 0),
    level int not null,
    changed_at timestamptz not null
);

create table tendril.xp_days (
    user_id uuid not null references tendril.users on delete cascade,
    day date not null,
    xp int not null check (xp >= 0),
    primary key (user_id, day)
);

-- The days of which a streak consists. Frozen ones follow from the others; the others are facts.
create table tendril.streak_days (
    user_id uuid not null references tendril.users on delete cascade,
    day date not null,
    -- carried: the calendar jumped over it, or nearly, on a journey to the east
    kind text not null check (kind in ('active', 'frozen', 'repaired', 'carried')),
    -- how often the user did something that keeps a streak
    acts int not null default 0 check (acts >= 0),
    primary key (user_id, day),
    check ((kind = 'active') = (acts > 0))
);

-- Freezes that levels gave.
create table tendril.streak_gifts (
    user_id uuid not null references tendril.users on delete cascade,
    level int not null,
    day date not null,
    freezes int not null check (freezes > 0),
    primary key (user_id, level)
);

-- What follows from a user's days up to `settled`, the last day that counts already: today only once it is kept.
create table tendril.streaks (
    user_id uuid primary key references tendril.users on delete cascade,
    days int not null default 0,
    longest int not null default 0,
    freezes int not null,
    -- the first and the last day of the streak that lasts or lasted
    began date,
    last_day date,
    settled date,
    -- the streak that was lost last: how long it was, and the missed day that ended it
    lost_days int,
    lost_on date,
    last_act_at timestamptz,
    -- the midnight at which the next day is over; null where no streak lasts
    due_at timestamptz,
    -- counted anew from all days when it is due
    is_stale boolean not null default false
);
create index streaks_due on tendril.streaks (due_at) where due_at is not null;

insert into tendril.streak_days (user_id, day, kind, acts)
select k.user_id, k.day, 'active', sum(k.acts)
from (
    select c.user_id, c.completed_day as day, count(*) as acts from tendril.commitments c where c.status = 'done' group by 1, 2
    union all
    select d.user_id, d.day, d.events from tendril.behavior_days d
    where d.type in ('lesson_complete', 'exercise_complete', 'quiz_passed', 'session_ended', 'checked_in')
) k
group by 1, 2;

insert into tendril.streaks (user_id, freezes, due_at, is_stale)
select distinct d.user_id, 2, '-infinity'::timestamptz, true from tendril.streak_days d;

create function tendril.carry_streak() returns trigger language plpgsql set search_path = '' as 'begin return null; end';
create trigger streak_carried after update of timezone on tendril.users
    for each row when (old.timezone is distinct from new.timezone) execute function tendril.carry_streak();
