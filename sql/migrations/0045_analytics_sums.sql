-- Sums of sums: what questions about many messages read, so that they cost as little after a year as after a month.

-- Sums of delivery_cells by what most questions ask for and nothing else, for each day; and by everything for each month. `grain` says
-- which (tendril.analytics_grains); what it does not tell apart is null. `cell` is the hash of all that is alike.
create table tendril.delivery_sums (
    cell uuid primary key,
    grain text not null,
    -- of a month its first
    day date not null,
    channel text not null,
    message_class text not null,
    version_id bigint,
    message_step int,
    campaign_id bigint,
    experiment_id bigint,
    variant text,
    mail_provider text,
    outcome text,
    reason text,
    deliveries int not null default 0,
    sent int not null default 0,
    people int not null default 0,
    delivered int not null default 0,
    engaged int not null default 0,
    opened int not null default 0,
    opened_at_all int not null default 0,
    clicked int not null default 0,
    hard_bounced int not null default 0,
    soft_bounced int not null default 0,
    complained int not null default 0,
    unsubscribed int not null default 0,
    fell_back int not null default 0,
    failed int not null default 0,
    skipped int not null default 0,
    cancelled int not null default 0,
    unclear int not null default 0,
    converted int not null default 0,
    conversions int not null default 0,
    value numeric not null default 0,
    open_seconds bigint not null default 0,
    click_seconds bigint not null default 0
) with (fillfactor = 70);
create index delivery_sums_by_day on tendril.delivery_sums (grain, day);

-- Times and hours of all messages of a day, whatever their sequence and campaign.
create table tendril.spread_sums (
    day date not null,
    channel text not null,
    message_class text not null,
    kind text not null,
    bucket smallint not null,
    deliveries int not null,
    opened int not null,
    clicked int not null,
    primary key (day, channel, message_class, kind, bucket)
) with (fillfactor = 70);
create index delivery_spreads_of_sequence on tendril.delivery_spreads (sequence, day);
create index delivery_spreads_of_campaign on tendril.delivery_spreads (campaign_id, day) where campaign_id <> 0;

-- What left in each quarter of an hour: all time zones of today are whole quarters apart, so any calendar's days are sums of these.
create table tendril.delivery_quarters (
    quarter timestamptz not null,
    channel text not null,
    sent int not null,
    delivered int not null,
    opened int not null,
    clicked int not null,
    primary key (quarter, channel)
) with (fillfactor = 70);
alter table tendril.folded_deliveries add column sent_quarter timestamptz;

-- Who came on the days of a question is counted without looking at everybody.
create index users_who_came on tendril.users (created_at) where deleted_at is null;

-- It gives its columns by name now.
drop function if exists tendril.delivery_figures(bigint[]);
drop type tendril.delivery_figures;

-- What is there already.
update tendril.folded_deliveries f set sent_quarter = date_bin('15 minutes', d.sent_at, 'epoch')
from tendril.message_deliveries d where d.id = f.delivery_id and d.sent_at is not null;
insert into tendril.delivery_quarters (quarter, channel, sent, delivered, opened, clicked)
select f.sent_quarter, c.channel, count(*), count(*) filter (where f.is_delivered), count(f.open_seconds), count(f.click_seconds)
from tendril.folded_deliveries f join tendril.delivery_cells c on c.cell = f.cell
where f.sent_quarter is not null
group by 1, 2;
insert into tendril.spread_sums (day, channel, message_class, kind, bucket, deliveries, opened, clicked)
select s.day, s.channel, s.message_class, s.kind, s.bucket, sum(s.deliveries), sum(s.opened), sum(s.clicked)
from tendril.delivery_spreads s
group by 1, 2, 3, 4, 5;
insert into tendril.delivery_sums (
    cell, grain, day, channel, message_class, version_id, message_step, campaign_id, experiment_id, variant, mail_provider, outcome, reason,
    deliveries, sent, people, delivered, engaged, opened, opened_at_all, clicked, hard_bounced, soft_bounced, complained, unsubscribed,
    fell_back, failed, skipped, cancelled, unclear, converted, conversions, value, open_seconds, click_seconds)
select
    md5(row(g.grain, g.day, g.channel, g.message_class, g.version_id, g.message_step, g.campaign_id, g.experiment_id, g.variant,
        g.mail_provider, g.outcome, g.reason)::text)::uuid,
    g.*
from (
    select r.grain, case when r.is_monthly then date_trunc('month', s.day::timestamp)::date else s.day end as day, s.channel, s.message_class,
        case when r.by_version then s.version_id end as version_id, case when r.by_step then s.message_step end as message_step,
        case when r.by_campaign then s.campaign_id end as campaign_id, case when r.by_variant then s.experiment_id end as experiment_id,
        case when r.by_variant then s.variant end as variant, case when r.by_provider then s.mail_provider end as mail_provider,
        case when r.by_outcome then s.outcome end as outcome, case when r.by_outcome then s.reason end as reason,
        sum(s.deliveries), sum(s.sent), sum(s.people), sum(s.delivered), sum(s.engaged), sum(s.opened), sum(s.opened_at_all), sum(s.clicked),
        sum(s.hard_bounced), sum(s.soft_bounced), sum(s.complained), sum(s.unsubscribed), sum(s.fell_back),
        coalesce(sum(s.deliveries) filter (where s.outcome = 'failed'), 0), coalesce(sum(s.deliveries) filter (where s.outcome = 'skipped'), 0),
        coalesce(sum(s.deliveries) filter (where s.outcome = 'cancelled'), 0),
        coalesce(sum(s.deliveries) filter (where s.outcome in ('unknown', 'parked')), 0),
        sum(s.converted), sum(s.conversions), sum(s.value), sum(s.open_seconds), sum(s.click_seconds)
    from tendril.delivery_cells s
    cross join (
        values
            ('all', false, false, false, false, false, false, false), ('provider', false, false, false, false, false, true, false),
            ('outcome', false, false, false, false, false, false, true), ('sequence', false, true, false, true, false, false, false),
            ('variant', false, true, false, true, true, false, false), ('step', false, true, true, true, false, false, false),
            ('month', true, true, true, true, true, true, true)
    ) as r (grain, is_monthly, by_version, by_step, by_campaign, by_variant, by_provider, by_outcome)
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
) g;
