-- Months of what a year's question reads most of: sequences, variants and steps.
insert into tendril.delivery_sums (
    cell, grain, day, channel, message_class, version_id, message_step, campaign_id, experiment_id, variant, mail_provider, outcome, reason,
    deliveries, sent, people, delivered, engaged, opened, opened_at_all, clicked, hard_bounced, soft_bounced, complained, unsubscribed,
    fell_back, failed, skipped, cancelled, unclear, converted, conversions, value, open_seconds, click_seconds)
select
    md5(row(g.grain, g.day, g.channel, g.message_class, g.version_id, g.message_step, g.campaign_id, g.experiment_id, g.variant,
        g.mail_provider, g.outcome, g.reason)::text)::uuid,
    g.*
from (
    select s.grain || '_month' as grain, date_trunc('month', s.day::timestamp)::date as day, s.channel, s.message_class, s.version_id,
        s.message_step, s.campaign_id, s.experiment_id, s.variant, s.mail_provider, s.outcome, s.reason,
        sum(s.deliveries), sum(s.sent), sum(s.people), sum(s.delivered), sum(s.engaged), sum(s.opened), sum(s.opened_at_all), sum(s.clicked),
        sum(s.hard_bounced), sum(s.soft_bounced), sum(s.complained), sum(s.unsubscribed), sum(s.fell_back), sum(s.failed), sum(s.skipped),
        sum(s.cancelled), sum(s.unclear), sum(s.converted), sum(s.conversions), sum(s.value), sum(s.open_seconds), sum(s.click_seconds)
    from tendril.delivery_sums s
    where s.grain in ('sequence', 'variant', 'step')
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
) g;
