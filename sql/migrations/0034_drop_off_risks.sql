-- How likely each user is to drop off, and the models that tell it.

create table tendril.risk_models (
    id bigint generated always as identity primary key,
    trained_at timestamptz not null,
    -- whether risks are told by it: those of a training that beats neither the rules nor recency are kept for their card alone
    is_taken boolean not null,
    -- what it learned, as engagement/risk/learned.py reads it; of older models only the card stays
    document jsonb,
    card jsonb not null,
    -- why it is not used any longer, though it was taken: the rules have taken over
    problem text,
    problem_at timestamptz
);

-- A row per user who may still be kept; whoever has been away for long has left and has none.
create table tendril.drop_off_risks (
    user_id uuid primary key references tendril.users on delete cascade,
    -- per cent: that nothing is done in the next 14, 7 and 30 days
    risk float8 not null check (risk between 0 and 100),
    weekly float8 not null check (weekly between 0 and 100),
    monthly float8 not null check (monthly between 0 and 100),
    confidence float8 not null check (confidence between 0 and 1),
    band text not null generated always as (
        case when risk >= 80 then 'critical' when risk >= 60 then 'high' when risk >= 40 then 'medium' else 'low' end) stored,
    -- [{signal, value, words, words_de}], the weightiest first
    reasons jsonb not null default '[]' check (jsonb_typeof(reasons) = 'array'),
    -- kinds of messages that fit, the best first
    interventions jsonb not null default '[]' check (jsonb_typeof(interventions) = 'array'),
    -- "rules", or "learned:" and the number of the model
    model text not null,
    -- the last day that it is reckoned from, on the user's calendar
    day date not null,
    calculated_at timestamptz not null,
    -- when it is looked at again, even if nothing happens
    due_at timestamptz not null,
    -- when it last rose over 60, and over 80
    rose_at timestamptz,
    critical_at timestamptz
);
create index drop_off_risks_due on tendril.drop_off_risks (due_at);
create index drop_off_risks_by_risk on tendril.drop_off_risks (risk desc, user_id) where risk >= 40;

-- Since when risks are told: who was quiet before is nobody's news.
create table tendril.risk_watch (
    only_row boolean primary key default true check (only_row),
    began_at timestamptz not null
);
