-- Who opened and clicked, when a person first showed that a message had reached them, and what it led to.

-- Of opens and clicks: who made them. A click that waits for signs of a machine is nobody's until then.
alter table tendril.delivery_events add column actor text check (actor in ('human', 'machine', 'unknown'));
alter table tendril.delivery_events add column judge_at timestamptz;
update tendril.delivery_events v set actor = case when v.is_machine then 'machine' else 'human' end where v.type in ('opened', 'clicked');
alter table tendril.delivery_events drop column is_machine;
create index delivery_events_to_judge on tendril.delivery_events (judge_at) where judge_at is not null;

alter table tendril.message_deliveries add column engaged_at timestamptz;
update tendril.message_deliveries d set engaged_at = least(d.opened_at, d.clicked_at) where d.opened_at is not null or d.clicked_at is not null;

-- A behavior event that a campaign or an experiment is for, of somebody whom that had reached, or had kept silent to. One row per
-- goal and event.
create table tendril.conversions (
    id bigint generated always as identity primary key,
    behavior_event_id bigint not null references tendril.behavior_events on delete cascade,
    user_id uuid not null references tendril.users on delete cascade,
    campaign_id bigint references tendril.campaigns on delete cascade,
    experiment_id bigint references tendril.experiments on delete cascade,
    enrollment_id bigint not null references tendril.enrollments on delete cascade,
    variant text,
    -- the message that it is owed to; null where there was none, as in a holdout
    delivery_id bigint references tendril.message_deliveries on delete cascade,
    -- whether the user had shown that this message reached them
    is_engaged boolean not null,
    -- whether, of all campaigns that wait for this event, this one was the last to reach the user
    is_last_touch boolean not null,
    value numeric,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    check (num_nonnulls(campaign_id, experiment_id) = 1),
    unique nulls not distinct (behavior_event_id, campaign_id, experiment_id)
);
create index conversions_of_campaign on tendril.conversions (campaign_id, occurred_at) where campaign_id is not null;
create index conversions_of_experiment on tendril.conversions (experiment_id, occurred_at) where experiment_id is not null;
create index conversions_of_user on tendril.conversions (user_id, occurred_at);
create index conversions_of_enrollment on tendril.conversions (enrollment_id);
create index conversions_of_delivery on tendril.conversions (delivery_id) where delivery_id is not null;
