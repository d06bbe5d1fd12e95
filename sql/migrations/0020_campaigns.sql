-- What admins write themselves: templates, campaigns, and experiments on either.

-- The words of a message that several steps or campaigns may say. A version never changes; a step keeps the words of the version
-- that it was published with, and says which one that was.
create table tendril.templates (
    id bigint generated always as identity primary key,
    name text not null unique check (name ~ '^[a-z][a-z0-9_]{0,62}$'),
    title text not null check (title <> ''),
    description text not null default '',
    -- such as gentle_reminder: what it is for, which interventions choose by
    type text not null check (type ~ '^[a-z][a-z0-9_]{0,62}$'),
    current_version_id bigint,
    created_by text not null,
    created_at timestamptz not null,
    archived_at timestamptz
);

create table tendril.template_versions (
    id bigint generated always as identity primary key,
    template_id bigint not null references tendril.templates on delete cascade,
    number int not null check (number >= 1),
    -- words for each channel and "default", as a step has them
    content jsonb not null check (jsonb_typeof(content) = 'object'),
    -- what an enrollment has to bring; a name that ends in "?" may be absent
    context text[] not null default '{}',
    checksum text not null,
    created_by text not null,
    created_at timestamptz not null,
    unique (template_id, number)
);
alter table tendril.templates add foreign key (current_version_id) references tendril.template_versions;
alter table tendril.sequence_steps add column template_version_id bigint references tendril.template_versions;

-- An audience and a schedule that enroll into a sequence: one of the catalogue, or the campaign's own.
create table tendril.campaigns (
    id bigint generated always as identity primary key,
    name text not null unique check (name ~ '^[a-z][a-z0-9_]{0,62}$'),
    title text not null check (title <> ''),
    description text not null default '',
    kind text not null check (kind in ('one_time', 'recurring', 'drip', 'triggered')),
    status text not null default 'draft' check (status in ('draft', 'active', 'paused', 'completed', 'cancelled')),
    -- a named audience, or null where the filter is the campaign's own; what the name stood for at the activation is in the filter
    audience text,
    filter jsonb not null default '{}' check (jsonb_typeof(filter) = 'object'),
    sequence text references tendril.sequences,
    -- the messages of a sequence of its own, as its author wrote them; null where the sequence is another's
    steps jsonb check (jsonb_typeof(steps) = 'array'),
    message_class text not null default 'announcement'
        check (message_class in ('transactional', 'sequence', 'announcement', 'reminder')),
    schedule jsonb not null check (jsonb_typeof(schedule) = 'object'),
    -- whose clock the schedule means; null: each recipient's own
    timezone text references tendril.time_zones on update cascade,
    -- a run that could not begin for so long does not begin any more
    stale_after interval not null default '12 hours' check (stale_after > interval '0'),
    -- how many people a minute it enrolls at most
    per_minute int check (per_minute >= 1),
    -- the share of its audience that gets nothing, so that its effect is measured against silence
    holdout double precision not null default 0 check (holdout >= 0 and holdout < 1),
    -- what it is for: the behavior event that counts as success, within how long
    goal jsonb check (jsonb_typeof(goal) = 'object'),
    next_run_at timestamptz,
    last_run_at timestamptz,
    -- counts the changes, for whoever changes it to know that nobody else has
    revision int not null default 1,
    created_by text not null,
    created_at timestamptz not null,
    changed_at timestamptz not null,
    activated_at timestamptz,
    paused_at timestamptz,
    ended_at timestamptz,
    check (num_nonnulls(sequence, steps) >= 1)
);
create index campaigns_to_run on tendril.campaigns (next_run_at) where status = 'active' and next_run_at is not null;

-- The execution log: one row per occurrence of a campaign, and per time zone where each recipient's own clock counts.
create table tendril.campaign_runs (
    id bigint generated always as identity primary key,
    campaign_id bigint not null references tendril.campaigns on delete cascade,
    -- the key of its enrollments, so that nobody is enrolled twice for one occurrence
    occurrence text not null,
    zone text references tendril.time_zones on update cascade,
    due_at timestamptz not null,
    status text not null default 'waiting' check (status in ('waiting', 'running', 'done', 'stale', 'cancelled', 'failed')),
    -- whom it has reached, in the order of their ids
    after_user uuid,
    seen int not null default 0,
    enrolled int not null default 0,
    held_out int not null default 0,
    attempts int not null default 0,
    error text,
    started_at timestamptz,
    ended_at timestamptz,
    unique nulls not distinct (campaign_id, occurrence, zone)
);
create index campaign_runs_of_campaign on tendril.campaign_runs (campaign_id, due_at desc);
create index campaign_runs_open on tendril.campaign_runs (due_at) where status in ('waiting', 'running');

-- Divides the enrollments of a sequence, or of one campaign, among variants.
create table tendril.experiments (
    id bigint generated always as identity primary key,
    name text not null unique check (name ~ '^[a-z][a-z0-9_]{0,62}$'),
    title text not null check (title <> ''),
    hypothesis text not null default '',
    status text not null default 'draft' check (status in ('draft', 'running', 'ended')),
    sequence text references tendril.sequences,
    campaign_id bigint references tendril.campaigns on delete cascade,
    -- GrowthBook's hashing, so that other tools assign alike
    hash_version int not null default 2 check (hash_version in (1, 2)),
    seed text not null,
    coverage double precision not null default 1 check (coverage > 0 and coverage <= 1),
    namespace text,
    namespace_from double precision,
    namespace_until double precision,
    allocation text not null default 'fixed' check (allocation in ('fixed', 'thompson', 'recovering')),
    -- how the shares of a bandit follow from its rewards: temperature, penalty, half_life (in days), floor
    tuning jsonb not null default '{}' check (jsonb_typeof(tuning) = 'object'),
    -- the goal, and the rule by which a winner is declared
    goal jsonb not null check (jsonb_typeof(goal) = 'object'),
    decision jsonb not null default '{}' check (jsonb_typeof(decision) = 'object'),
    revision int not null default 1,
    created_by text not null,
    created_at timestamptz not null,
    started_at timestamptz,
    ended_at timestamptz,
    winner text,
    -- the position of the first step in which the variants differ: who gets it is exposed
    first_difference int,
    -- whether variants are compared from that message on, or from the assignment, since it comes to each in another way
    compared_from text check (compared_from in ('exposure', 'assignment')),
    -- how likely as uneven a division of the people is by chance, and when it was looked at last
    division_p double precision,
    looked_at timestamptz,
    check (num_nonnulls(sequence, campaign_id) = 1)
);
create index experiments_running on tendril.experiments (sequence, campaign_id) where status = 'running';

-- A variant is a version of the sequence: other words, channels or times. One without a version is silence.
create table tendril.experiment_variants (
    experiment_id bigint not null references tendril.experiments on delete cascade,
    position int not null check (position >= 0),
    name text not null check (name <> ''),
    weight double precision not null check (weight >= 0),
    is_silent boolean not null default false,
    -- what differs from the sequence, step by step, as its author wrote it
    changes jsonb not null default '{}' check (jsonb_typeof(changes) = 'object'),
    version_id bigint references tendril.sequence_versions,
    -- what a bandit has learned: the chance of being chosen, or how much better than the others it is before it wears out
    probability double precision,
    score double precision,
    primary key (experiment_id, position),
    unique (experiment_id, name)
);

-- The share of everybody that no campaign writes to.
create table tendril.global_holdout (
    only_row boolean primary key default true check (only_row),
    share double precision not null check (share >= 0 and share < 1),
    seed text not null,
    since timestamptz not null
);

alter table tendril.enrollments add column campaign_id bigint references tendril.campaigns on delete set null;
alter table tendril.enrollments add column experiment_id bigint references tendril.experiments on delete set null;
alter table tendril.enrollments add column variant text;
-- when the first message left that differs between the variants
alter table tendril.enrollments add column exposed_at timestamptz;
-- how likely each variant was when a bandit drew this one, so that what it learns is not led astray by its own choices
alter table tendril.enrollments add column chances double precision[];
create index enrollments_of_campaign on tendril.enrollments (campaign_id, id) where campaign_id is not null;
create index enrollments_of_experiment on tendril.enrollments (experiment_id, user_id) where experiment_id is not null;

-- A version that an experiment made from another: once it has won, it stands where that one stood.
alter table tendril.sequence_versions add column made_from bigint references tendril.sequence_versions;
