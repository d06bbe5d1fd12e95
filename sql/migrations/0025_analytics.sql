-- What became of messages, counted in cells, so that a question about ten million of them reads some thousand rows.
--
-- Whatever changes what a message counts as leaves a mark in the same transaction (triggers below, so no writer can forget it).
-- `fold_deliveries` takes marks, judges those messages anew and moves the difference between what they count as now and what they
-- were counted as (`folded_deliveries`) into the cells. So the order of events, repetition and deletion change no sum.

-- Whose mailbox is behind a domain; every other one is "other".
create table tendril.mail_domains (
    domain text primary key check (domain = lower(domain)),
    provider text not null check (provider ~ '^[a-z][a-z0-9_]*$')
);
insert into tendril.mail_domains (domain, provider) values
    ('gmail.com', 'gmail'), ('googlemail.com', 'gmail'),
    ('outlook.com', 'outlook'), ('hotmail.com', 'outlook'), ('live.com', 'outlook'), ('msn.com', 'outlook'), ('outlook.de', 'outlook'),
    ('hotmail.de', 'outlook'), ('hotmail.fr', 'outlook'), ('hotmail.co.uk', 'outlook'), ('hotmail.it', 'outlook'), ('live.de', 'outlook'),
    ('yahoo.com', 'yahoo'), ('ymail.com', 'yahoo'), ('rocketmail.com', 'yahoo'), ('aol.com', 'yahoo'), ('yahoo.de', 'yahoo'),
    ('yahoo.fr', 'yahoo'), ('yahoo.co.uk', 'yahoo'), ('yahoo.co.in', 'yahoo'), ('yahoo.co.jp', 'yahoo_japan'),
    ('icloud.com', 'icloud'), ('me.com', 'icloud'), ('mac.com', 'icloud'),
    ('gmx.de', 'gmx_webde'), ('gmx.net', 'gmx_webde'), ('gmx.at', 'gmx_webde'), ('gmx.ch', 'gmx_webde'), ('gmx.com', 'gmx_webde'), ('web.de', 'gmx_webde'),
    ('t-online.de', 't_online'), ('proton.me', 'proton'), ('protonmail.com', 'proton'), ('pm.me', 'proton'),
    ('mail.ru', 'mail_ru'), ('bk.ru', 'mail_ru'), ('inbox.ru', 'mail_ru'), ('list.ru', 'mail_ru'), ('yandex.ru', 'yandex'), ('yandex.com', 'yandex'),
    ('qq.com', 'qq'), ('163.com', 'netease'), ('126.com', 'netease'), ('orange.fr', 'orange'), ('laposte.net', 'laposte'), ('libero.it', 'libero'),
    ('comcast.net', 'comcast'), ('zoho.com', 'zoho'), ('fastmail.com', 'fastmail');

-- Deliveries to be looked at again; appended only, so that nobody waits for anybody.
create table tendril.delivery_marks (delivery_id bigint not null);

-- Who folds holds this row.
create table tendril.analytics_state (
    only_row boolean primary key default true check (only_row),
    folded_at timestamptz,
    rebuilt_at timestamptz
);
insert into tendril.analytics_state default values;

-- Sums of what messages count as, of one day (UTC) and otherwise alike. `cell` is the hash of all that is alike in it.
create table tendril.delivery_cells (
    cell uuid primary key,
    -- of sending; of a message that never left: when it failed, or was due
    day date not null,
    version_id bigint not null,
    message_step int not null,
    channel text not null,
    message_class text not null,
    campaign_id bigint,
    experiment_id bigint,
    variant text,
    mail_provider text,
    outcome text not null,
    reason text,
    -- ints, because the sums of bigints are the slower numerics
    deliveries int not null default 0,
    sent int not null default 0,
    -- of one step, over however many channels, the first that was sent
    people int not null default 0,
    delivered int not null default 0,
    -- a person opened, clicked, tapped or answered
    engaged int not null default 0,
    opened int not null default 0,
    opened_at_all int not null default 0,
    clicked int not null default 0,
    hard_bounced int not null default 0,
    soft_bounced int not null default 0,
    complained int not null default 0,
    unsubscribed int not null default 0,
    fell_back int not null default 0,
    converted int not null default 0,
    conversions int not null default 0,
    value numeric not null default 0,
    open_seconds bigint not null default 0,
    click_seconds bigint not null default 0
);
create index delivery_cells_by_day on tendril.delivery_cells (day);

-- How times and hours are spread. Bucket b of a delay is from 2^(b/2) up to 2^((b+1)/2) seconds; of an hour the hour itself, on the
-- recipient's clock.
create table tendril.delivery_spreads (
    day date not null,
    sequence text not null,
    channel text not null,
    message_class text not null,
    -- 0 where there is none
    campaign_id bigint not null,
    kind text not null check (kind in ('open_delay', 'click_delay', 'open_hour', 'sent_hour')),
    bucket smallint not null,
    deliveries int not null,
    -- of those: whenever that was
    opened int not null,
    clicked int not null,
    primary key (day, sequence, channel, message_class, campaign_id, kind, bucket)
);

-- What the people of one day of enrollment got of each step.
create table tendril.step_counts (
    enrolled_on date not null,
    version_id bigint not null,
    message_step int not null,
    -- 0 and '' where there is none
    campaign_id bigint not null,
    experiment_id bigint not null,
    variant text not null,
    people bigint not null,
    engaged bigint not null,
    opened bigint not null,
    clicked bigint not null,
    converted bigint not null,
    primary key (version_id, enrolled_on, message_step, campaign_id, experiment_id, variant)
);

-- As what each delivery stands in the sums above.
create table tendril.folded_deliveries (
    delivery_id bigint primary key,
    cell uuid not null,
    enrolled_on date not null,
    sent_hour smallint,
    open_hour smallint,
    open_seconds int,
    click_seconds int,
    conversions int not null,
    value numeric not null,
    is_sent boolean not null,
    is_first boolean not null,
    is_delivered boolean not null,
    is_engaged boolean not null,
    is_opened_at_all boolean not null,
    is_hard_bounced boolean not null,
    is_soft_bounced boolean not null,
    is_complained boolean not null,
    is_unsubscribed boolean not null,
    is_fallen_back boolean not null
);

-- The same of a delivery as it is now, with what its cell is about.
create type tendril.delivery_figures as (
    folded tendril.folded_deliveries,
    day date,
    version_id bigint,
    message_step int,
    channel text,
    message_class text,
    campaign_id bigint,
    experiment_id bigint,
    variant text,
    mail_provider text,
    outcome text,
    reason text
);

-- Changes of how many enrollments stand where: every statement that changes enrollments appends what it changed, `fold_counts` sums
-- up. All rows together always say how many there are.
create table tendril.enrollment_counts (
    enrolled_on date not null,
    version_id bigint not null,
    campaign_id bigint,
    experiment_id bigint,
    variant text,
    status text not null,
    reason text,
    step int not null,
    people bigint not null,
    is_sum boolean not null default false
);
create index enrollment_counts_of_version on tendril.enrollment_counts (version_id, enrolled_on);
create index enrollment_counts_held_out on tendril.enrollment_counts (enrolled_on) where reason = 'holdout';
create index enrollment_counts_to_sum on tendril.enrollment_counts (version_id) where not is_sum;

-- The weeks (their Mondays, UTC) in which somebody did anything, and how many people of each week of sign-up did; kept as above.
create table tendril.active_weeks (
    user_id uuid not null references tendril.users on delete cascade,
    week date not null,
    signed_up_in date not null,
    primary key (user_id, week)
);
create table tendril.cohort_counts (
    signed_up_in date not null,
    week date not null,
    people bigint not null,
    is_sum boolean not null default false
);
create index cohort_counts_to_sum on tendril.cohort_counts (signed_up_in, week) where not is_sum;

-- What is there already.
insert into tendril.delivery_marks (delivery_id)
select d.id from tendril.message_deliveries d where d.delivery_status not in ('pending', 'sending') or d.sent_at is not null;
insert into tendril.enrollment_counts (enrolled_on, version_id, campaign_id, experiment_id, variant, status, reason, step, people, is_sum)
select (e.enrolled_at at time zone 'UTC')::date, e.version_id, e.campaign_id, e.experiment_id, e.variant, e.status, e.status_reason,
    e.current_step, count(*), true
from tendril.enrollments e
group by 1, 2, 3, 4, 5, 6, 7, 8;
insert into tendril.active_weeks (user_id, week, signed_up_in)
select distinct u.id, date_trunc('week', b.occurred_at at time zone 'UTC')::date, date_trunc('week', u.created_at at time zone 'UTC')::date
from tendril.behavior_events b join tendril.users u on u.id = b.user_id
where b.source <> 'clock';
insert into tendril.cohort_counts (signed_up_in, week, people, is_sum)
select a.signed_up_in, a.week, count(*), true from tendril.active_weeks a group by 1, 2;

-- The functions are in sql/functions/analytics; a trigger needs one to be made.
create function tendril.mark_delivery() returns trigger language plpgsql set search_path = '' as 'begin return null; end';
create function tendril.mark_delivery_of() returns trigger language plpgsql set search_path = '' as 'begin return null; end';
create function tendril.mark_deliveries_of_enrollment() returns trigger language plpgsql set search_path = '' as 'begin return null; end';
create function tendril.mark_deliveries_of_user() returns trigger language plpgsql set search_path = '' as 'begin return null; end';
create function tendril.mark_unsubscribed() returns trigger language plpgsql set search_path = '' as 'begin return null; end';
create function tendril.count_enrollments() returns trigger language plpgsql set search_path = '' as 'begin return null; end';
create function tendril.note_active_weeks() returns trigger language plpgsql set search_path = '' as 'begin return null; end';
create function tendril.count_active_weeks() returns trigger language plpgsql set search_path = '' as 'begin return null; end';

-- A message that waits or is being sent counts as nothing yet, so planning and claiming mark nothing.
create trigger mark_inserted after insert on tendril.message_deliveries
    for each row when (new.delivery_status not in ('pending', 'sending') or new.sent_at is not null or new.fallback_of is not null)
    execute function tendril.mark_delivery();
create trigger mark_changed after update on tendril.message_deliveries
    for each row when (
        (old.delivery_status not in ('pending', 'sending') or new.delivery_status not in ('pending', 'sending')
            or old.sent_at is not null or new.sent_at is not null)
        -- Of these either record_outcomes knows, which marks them all at once, or an event, which marks them itself.
        and not (old.delivery_status = 'sending' and new.delivery_status = 'sent')
        and (old.delivery_status, old.reason, old.failure_reason, old.sent_at, old.delivered_at, old.opened_at, old.clicked_at, old.engaged_at,
                old.failed_at, old.scheduled_at, old.channel, old.recipient_address)
            is distinct from (new.delivery_status, new.reason, new.failure_reason, new.sent_at, new.delivered_at, new.opened_at, new.clicked_at, new.engaged_at,
                new.failed_at, new.scheduled_at, new.channel, new.recipient_address))
    execute function tendril.mark_delivery();
create trigger mark_deleted after delete on tendril.message_deliveries
    for each row when (old.delivery_status not in ('pending', 'sending') or old.sent_at is not null)
    execute function tendril.mark_delivery();
-- What the gate and workers tell stands in the delivery itself.
create trigger mark_told after insert on tendril.delivery_events
    for each row when (new.delivery_id is not null and new.source not in ('gate', 'worker', 'admin'))
    execute function tendril.mark_delivery_of();
create trigger mark_judged after update on tendril.delivery_events
    for each row when (new.delivery_id is not null or old.delivery_id is not null)
    execute function tendril.mark_delivery_of();
create trigger mark_converted after insert or update or delete on tendril.conversions
    for each row execute function tendril.mark_delivery_of();
create trigger mark_wish after insert or delete on tendril.message_wishes
    for each row execute function tendril.mark_delivery_of();
create trigger mark_unsubscribed after insert on tendril.behavior_events
    for each row when (new.type = 'unsubscribed') execute function tendril.mark_unsubscribed();
create trigger mark_divided after update of campaign_id, experiment_id, variant on tendril.enrollments
    for each row when ((old.campaign_id, old.experiment_id, old.variant) is distinct from (new.campaign_id, new.experiment_id, new.variant))
    execute function tendril.mark_deliveries_of_enrollment();
create trigger mark_moved after update of timezone on tendril.users
    for each row when (old.timezone is distinct from new.timezone) execute function tendril.mark_deliveries_of_user();

create trigger count_begun after insert on tendril.enrollments
    referencing new table as now for each statement execute function tendril.count_enrollments();
create trigger count_changed after update on tendril.enrollments
    referencing old table as was new table as now for each statement execute function tendril.count_enrollments();
create trigger count_deleted after delete on tendril.enrollments
    referencing old table as was for each statement execute function tendril.count_enrollments();

create trigger note_active_weeks after insert on tendril.behavior_events
    referencing new table as now for each statement execute function tendril.note_active_weeks();
create trigger note_merged_weeks after update on tendril.behavior_events
    referencing new table as now for each statement execute function tendril.note_active_weeks();
create trigger count_active after insert on tendril.active_weeks
    referencing new table as now for each statement execute function tendril.count_active_weeks();
create trigger count_gone after delete on tendril.active_weeks
    referencing old table as was for each statement execute function tendril.count_active_weeks();
