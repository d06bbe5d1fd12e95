-- How engaged each user is, by kind of score: kept as what scores are reckoned from, so that they fade by themselves as time goes by;
-- whose are to be reckoned anew; and what the population tells of those of whom little is known.

-- Over which channels something was done: 1 for Telegram, 2 for email, 3 for both, 0 for neither.
alter table tendril.behavior_days add column channels smallint not null default 0;
update tendril.behavior_days d set channels = c.channels
from (
    select
        b.user_id, (b.occurred_at at time zone u.timezone)::date as day, b.type,
        bit_or(case b.source when 'telegram' then 1 else 2 end)::smallint as channels
    from tendril.behavior_events b join tendril.users u on u.id = b.user_id
    where b.source in ('telegram', 'email')
    group by 1, 2, 3
) c
where d.user_id = c.user_id and d.day = c.day and d.type = c.type;

-- What one score of somebody is reckoned from. Counts fade: each is halved after a time that tendril.score_shape says, and stands here
-- as it was at one moment.
create type tendril.score_evidence as (
    -- when they last did what this score is about, and on how many days they did
    last_at timestamptz,
    days float8,
    -- what they were asked (messages, meetings, commitments), what of it they answered, and the sum of the squares of what was asked
    -- (of what has faded alike, all three are to be known to tell how much people differ)
    asked float8,
    answered float8,
    asked_squared float8
);

-- A row per user of whom anything is known.
create table tendril.user_scores (
    user_id uuid primary key references tendril.users on delete cascade,
    overall tendril.score_evidence,
    telegram tendril.score_evidence,
    email tendril.score_evidence,
    attendance tendril.score_evidence,
    commitment tendril.score_evidence,
    -- on how many of the last 90 days something was done in hour h of the user's day: byte h / 4, from the lowest, of hours[h % 4 + 1]
    hours bigint[],
    calculated_at timestamptz not null
) with (fillfactor = 70);

-- Whose scores something has changed; appended only, so that nobody waits for anybody.
create table tendril.score_marks (user_id uuid not null references tendril.users on delete cascade);
create index score_marks_of_user on tendril.score_marks (user_id);

-- A sixteenth of the users each, by the first digit of their id. Who reckons scores anew holds the row of theirs, so that nothing older
-- overwrites what is newer. `onwards` is set while all of them are reckoned anew, and says from whom on.
create table tendril.score_slices (
    slice smallint primary key check (slice between 0 and 15),
    first_user uuid not null,
    last_user uuid not null,
    onwards uuid
);
-- Everybody who is here already.
insert into tendril.score_slices (slice, first_user, last_user, onwards)
select s.slice, s.first_user, (to_hex(s.slice) || 'fffffff-ffff-ffff-ffff-ffffffffffff')::uuid, s.first_user
from (select n as slice, (to_hex(n) || '0000000-0000-0000-0000-000000000000')::uuid as first_user from generate_series(0, 15) n) s;

-- What people in general do, and how alike they are: the shares of what they choose among, and for how many observations of one's own
-- these count (the concentration of a Dirichlet-multinomial distribution).
create table tendril.score_population (
    measure text primary key check (measure in ('telegram', 'email', 'hour')),
    shares float8[] not null,
    weight float8 not null check (weight > 0),
    people bigint not null,
    calculated_at timestamptz not null
);

alter table tendril.user_preferences
    add column learned_hour smallint check (learned_hour between 0 and 23),
    -- whether somebody chose the time of day, or has the one that all begin with
    add column time_is_chosen boolean not null default false;
update tendril.user_preferences set time_is_chosen = true where preferred_time <> 'morning';

-- The functions are in sql/functions; a view and a trigger need one to be made.
create or replace function tendril.clock() returns timestamptz language plpgsql stable set search_path = '' as 'begin return null; end';
create function tendril.score_of(score_type text, evidence tendril.score_evidence, calculated_at timestamptz, at timestamptz)
returns float8 language sql immutable return 0;
create function tendril.score_factors(score_type text, evidence tendril.score_evidence, calculated_at timestamptz, at timestamptz)
returns jsonb language sql immutable return '{}'::jsonb;
create function tendril.score_valid_until(score_type text, score float8, at timestamptz)
returns timestamptz language sql immutable return at;
create function tendril.mark_scores() returns trigger language plpgsql set search_path = '' as 'begin return null; end';

-- Each score as it is now. `valid_until` says until when it is at most one point too high, if nothing happens.
create view tendril.engagement_scores with (security_invoker = true) as
select
    r.user_id, r.score_type, r.score, tendril.score_factors(r.score_type, r.evidence, r.calculated_at, r.at) as factors, r.calculated_at,
    tendril.score_valid_until(r.score_type, r.score, r.at) as valid_until
from (
    select s.user_id, t.score_type, t.evidence, s.calculated_at, n.at, tendril.score_of(t.score_type, t.evidence, s.calculated_at, n.at) as score
    from tendril.user_scores s
    cross join (select tendril.clock() as at offset 0) n
    cross join lateral (values
        ('overall', s.overall), ('telegram', s.telegram), ('email', s.email), ('attendance', s.attendance), ('commitment', s.commitment)
    ) as t (score_type, evidence)
) r;

create trigger mark_scores after insert on tendril.behavior_days
    referencing new table as now for each statement execute function tendril.mark_scores();
create trigger mark_scores_changed after update on tendril.behavior_days
    referencing new table as now for each statement execute function tendril.mark_scores();
create trigger mark_scores after insert on tendril.event_attendance
    referencing new table as now for each statement execute function tendril.mark_scores();
create trigger mark_scores_changed after update on tendril.event_attendance
    referencing new table as now for each statement execute function tendril.mark_scores();
create trigger mark_scores_changed after update on tendril.commitments
    referencing new table as now for each statement execute function tendril.mark_scores();
