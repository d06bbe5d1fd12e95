-- What people choose beyond yes and no: an order of channels, a week's allowance, sequences that they declined; and what a tap
-- under a message changed, so that it can be taken back.
alter table tendril.user_preferences
    add column channel_order text[] not null default '{}'
        check (channel_order <@ array['telegram', 'email', 'sms', 'push', 'in_app']),
    add column max_per_week int check (max_per_week between 0 and 700);
update tendril.user_preferences set channel_order = array[preferred_channel] where preferred_channel is not null;
-- The preferred channel is the first of the order, and nothing else.
alter table tendril.user_preferences drop column preferred_channel;
alter table tendril.user_preferences
    add column preferred_channel text generated always as (channel_order[1]) stored;

create table tendril.sequence_opt_outs (
    id bigint generated always as identity unique,
    user_id uuid not null references tendril.users on delete cascade,
    sequence text not null references tendril.sequences,
    at timestamptz not null,
    primary key (user_id, sequence)
);

-- A wish is granted once per message; what it changed stands here until it is taken back.
create table tendril.message_wishes (
    delivery_id bigint not null references tendril.message_deliveries on delete cascade,
    wish text not null check (wish in ('less', 'not', 'stop')),
    user_id uuid not null references tendril.users on delete cascade,
    before jsonb not null,
    at timestamptz not null,
    primary key (delivery_id, wish)
);
create index message_wishes_of_user on tendril.message_wishes (user_id);

alter table tendril.suppressions drop constraint suppressions_reason_check;
alter table tendril.suppressions add constraint suppressions_reason_check
    check (reason in ('hard_bounce', 'complaint', 'soft_bounces', 'provider', 'manual', 'deleted'));
