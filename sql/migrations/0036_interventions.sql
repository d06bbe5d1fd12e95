-- Messages because somebody may leave, what a person is asked to do about it, and what came of either.

-- How far the controller may go by itself, as the processes are told at their start.
create table tendril.intervention_rules (
    only_row boolean primary key default true check (only_row),
    mode text not null check (mode in ('off', 'suggest', 'on')),
    -- whose risk had risen before is left in peace
    since timestamptz not null,
    -- per cent: from where on a risk is acted upon
    threshold float8 not null check (threshold between 60 and 100),
    cooldown interval not null,
    holdout float8 not null check (holdout >= 0 and holdout < 1),
    -- how many tasks for people may be open at once
    most_tasks int not null check (most_tasks >= 0),
    looked_at timestamptz
);

create table tendril.interventions (
    id bigint generated always as identity primary key,
    user_id uuid not null references tendril.users on delete cascade,
    type text not null check (type <> ''),
    status text not null check (status in ('suggested', 'open', 'came_back', 'stayed_away', 'dismissed')),
    -- gets nothing, so that it can be told what the others' messages bring
    is_held_out boolean not null default false,
    -- as they were when it was chosen; an admin may send to somebody of whom nothing is known
    risk float8 check (risk between 0 and 100),
    band text,
    reasons jsonb not null default '[]' check (jsonb_typeof(reasons) = 'array'),
    -- what was weighed: [{type, fit, people, back, expected}], the best first
    choice jsonb not null default '[]' check (jsonb_typeof(choice) = 'array'),
    -- what the words are filled with
    context jsonb not null default '{}' check (jsonb_typeof(context) = 'object'),
    -- none for a task and for who is held out
    sequence text references tendril.sequences,
    channels text[] not null default '{}',
    enrollment_id bigint references tendril.enrollments on delete set null,
    -- whose decision it was, if not the controller's own
    decided_by text,
    created_at timestamptz not null,
    -- from when on it counts who comes back; not yet for what is only suggested
    begun_at timestamptz,
    -- until when it counts
    until timestamptz not null,
    came_back_at timestamptz,
    ended_at timestamptz,
    check ((ended_at is null) = (status in ('suggested', 'open')))
);
create unique index interventions_one_open on tendril.interventions (user_id) where ended_at is null;
create index interventions_of_user on tendril.interventions (user_id, created_at desc);
create index interventions_to_end on tendril.interventions (until) where ended_at is null;
create index interventions_by_time on tendril.interventions (created_at);
create index interventions_of_enrollment on tendril.interventions (enrollment_id) where enrollment_id is not null;

-- What an admin is asked to do: get in touch with somebody.
create table tendril.outreach_tasks (
    id bigint generated always as identity primary key,
    intervention_id bigint not null unique references tendril.interventions on delete cascade,
    user_id uuid not null references tendril.users on delete cascade,
    status text not null default 'open' check (status in ('open', 'done', 'not_needed', 'over')),
    created_at timestamptz not null,
    -- when admins are told of it, the first time or once more
    tell_at timestamptz not null,
    times_told int not null default 0,
    decided_by text,
    decided_at timestamptz
);
create index outreach_tasks_open on tendril.outreach_tasks (tell_at) where status = 'open';
create index outreach_tasks_of_user on tendril.outreach_tasks (user_id);

-- What was reckoned since the last look.
create index drop_off_risks_newest on tendril.drop_off_risks (calculated_at) where risk >= 60;
