-- What carries campaigns: the times that lie ahead of each, whom a filter has let in, and ways to find both.
alter table tendril.campaigns
    -- the next times of its rule, on the clock that its schedule means; whether the rule has none beyond them
    add column upcoming timestamp[] not null default '{}',
    add column is_rule_over boolean not null default false,
    -- up to when these times have become runs, and when to look again
    add column looked_at timestamptz,
    add column looks_at timestamptz,
    -- when as many people as it may enroll in a minute have been, when somebody more may be
    add column throttled_until timestamptz,
    add column carried_at timestamptz;
drop index tendril.campaigns_to_run;
create index campaigns_to_carry on tendril.campaigns (carried_at) where status in ('active', 'cancelled');

alter table tendril.campaign_runs
    -- whom of those it has seen it did not enroll, by reason
    add column left_out jsonb not null default '{}',
    -- how often it went through its audience: of a campaign that watches it, again and again
    add column sweeps int not null default 0,
    add column retry_at timestamptz;

-- Whom the filter of a campaign holds for, as of the last look: only who comes in is written to.
create table tendril.campaign_members (
    campaign_id bigint not null references tendril.campaigns on delete cascade,
    user_id uuid not null references tendril.users on delete cascade,
    since timestamptz not null,
    primary key (campaign_id, user_id)
);
create index campaign_members_of_user on tendril.campaign_members (user_id);

-- Where each recipient's own clock counts, an audience is asked for zone by zone.
create index users_by_zone on tendril.users (timezone, id) where deleted_at is null;
create index enrollments_of_campaign_running on tendril.enrollments (campaign_id, id)
    where campaign_id is not null and status in ('active', 'paused');
create index campaigns_by_event on tendril.campaigns ((schedule ->> 'event')) where status = 'active' and kind = 'triggered';
