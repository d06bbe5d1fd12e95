-- What became of the messages of these days, in sums by what they are grouped by; opens are those of mails, of which alone they are
-- known. Changes nothing.
create or replace function tendril.analytics(
    group_by text default 'total', since date default null, until date default null, filters jsonb default '{}',
    at timestamptz default tendril.clock()
)
returns table (
    key text, title text, deliveries bigint, sent bigint, people bigint, delivered bigint, mails bigint, mails_delivered bigint,
    engaged bigint, opened bigint, opened_at_all bigint, clicked bigint, hard_bounced bigint, soft_bounced bigint, complained bigint,
    unsubscribed bigint, fell_back bigint, failed bigint, skipped bigint, cancelled bigint, unclear bigint, held_out bigint,
    converted bigint, conversions bigint, value numeric, open_seconds bigint, click_seconds bigint
)
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    last date := coalesce(analytics.until, (analytics.at at time zone 'UTC')::date);
    first date := coalesce(analytics.since, last - 29);
    wanted jsonb := coalesce(analytics.filters, '{}');
begin
    perform tendril.check_analytics(wanted, first, last);
    if analytics.group_by <> all (array['total', 'day', 'channel', 'message_class', 'sequence', 'version', 'step', 'template',
            'template_version', 'campaign', 'variant', 'mail_provider', 'reason']) then
        raise exception 'messages cannot be grouped by "%"', analytics.group_by using errcode = 'TN422', detail = 'group_by';
    end if;
    return query
    with steps as materialized (
        select s.version_id, s.position, s.name as step, v.sequence, v.number, t.name as template, tv.number as template_number,
            t.title as template_title
        from tendril.sequence_steps s
        join tendril.sequence_versions v on v.id = s.version_id
        left join tendril.template_versions tv on tv.id = s.template_version_id
        left join tendril.templates t on t.id = tv.template_id
        where (not wanted ? 'sequence' or v.sequence = wanted ->> 'sequence') and (not wanted ? 'step' or s.name = wanted ->> 'step')
            and (not wanted ? 'template' or t.name = wanted ->> 'template')
    ), cells as (
        select c.day, c.version_id, c.message_step, c.channel, c.message_class, c.campaign_id, c.experiment_id, c.variant,
            c.mail_provider, c.outcome, c.reason, c.deliveries, c.sent, c.people, c.delivered, c.engaged, c.opened, c.opened_at_all, c.clicked,
            c.hard_bounced, c.soft_bounced, c.complained, c.unsubscribed, c.fell_back, c.converted, c.conversions, c.value,
            c.open_seconds, c.click_seconds, 0::bigint as held_out
        from tendril.delivery_cells c
        where c.day between first and last and (not wanted ?| array['sequence', 'step', 'template']
            or (c.version_id, c.message_step) in (select s.version_id, s.position from steps s))
        union all
        -- whoever was held out has no message: they stand at the first step, on no channel
        select e.enrolled_on, e.version_id, 1, null, q.message_class, e.campaign_id, e.experiment_id, e.variant, null, 'held_out', null,
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, e.people
        from tendril.enrollment_counts e
        join tendril.sequence_versions v on v.id = e.version_id
        join tendril.sequences q on q.name = v.sequence
        where e.reason = 'holdout' and e.enrolled_on between first and last and not wanted ?| array['step', 'template']
            and (not wanted ? 'sequence' or v.sequence = wanted ->> 'sequence')
            and analytics.group_by not in ('step', 'template', 'template_version', 'mail_provider', 'channel')
    ), summed as materialized (
        -- by what stands in the cells themselves: names come when little is left
        select
            case when analytics.group_by = 'day' then c.day end as day,
            case when analytics.group_by in ('sequence', 'version', 'step', 'template', 'template_version') then c.version_id end as version_id,
            case when analytics.group_by in ('step', 'template', 'template_version') then c.message_step end as message_step,
            case analytics.group_by when 'channel' then c.channel when 'message_class' then c.message_class when 'variant' then c.variant
                when 'mail_provider' then c.mail_provider
                when 'reason' then case when c.outcome <> 'sent' then concat_ws('/', c.outcome, c.reason) end end as word,
            case analytics.group_by when 'campaign' then c.campaign_id when 'variant' then c.experiment_id end as owner_id,
            sum(c.deliveries) as deliveries, sum(c.sent) as sent, sum(c.people) as people, sum(c.delivered) as delivered,
            sum(c.sent) filter (where c.channel = 'email') as mails, sum(c.delivered) filter (where c.channel = 'email') as mails_delivered,
            sum(c.engaged) as engaged, sum(c.opened) filter (where c.channel = 'email') as opened,
            sum(c.opened_at_all) filter (where c.channel = 'email') as opened_at_all,
            sum(c.clicked) as clicked, sum(c.hard_bounced) as hard_bounced, sum(c.soft_bounced) as soft_bounced,
            sum(c.complained) as complained, sum(c.unsubscribed) as unsubscribed, sum(c.fell_back) as fell_back,
            sum(c.deliveries) filter (where c.outcome = 'failed') as failed, sum(c.deliveries) filter (where c.outcome = 'skipped') as skipped,
            sum(c.deliveries) filter (where c.outcome = 'cancelled') as cancelled,
            sum(c.deliveries) filter (where c.outcome in ('unknown', 'parked')) as unclear,
            sum(c.held_out) as held_out, sum(c.converted) as converted, sum(c.conversions) as conversions, sum(c.value) as value,
            -- opens are those of mails
            sum(c.open_seconds) filter (where c.channel = 'email') as open_seconds, sum(c.click_seconds) as click_seconds
        from cells c
        left join tendril.campaigns g on g.id = c.campaign_id and wanted ? 'campaign'
        left join tendril.experiments x on x.id = c.experiment_id and wanted ? 'experiment'
        where (not wanted ? 'channel' or c.channel = wanted ->> 'channel')
            and (not wanted ? 'message_class' or c.message_class = wanted ->> 'message_class')
            and (not wanted ? 'mail_provider' or c.mail_provider = wanted ->> 'mail_provider')
            and (not wanted ? 'variant' or c.variant = wanted ->> 'variant')
            and (not wanted ? 'campaign' or g.name = wanted ->> 'campaign')
            and (not wanted ? 'experiment' or x.name = wanted ->> 'experiment')
        group by 1, 2, 3, 4, 5
    ), named as (
        select m.*,
            case analytics.group_by
                when 'total' then 'total' when 'day' then m.day::text when 'sequence' then v.sequence
                when 'version' then v.sequence || '/' || v.number when 'step' then v.sequence || '/' || s.step
                when 'template' then s.template when 'template_version' then s.template || '/' || s.template_number
                when 'campaign' then g.name when 'variant' then x.name || '/' || m.word else m.word end as key,
            case analytics.group_by
                when 'sequence' then q.title when 'version' then q.title when 'step' then q.title || ': ' || s.step
                when 'template' then s.template_title when 'template_version' then s.template_title
                when 'campaign' then g.title when 'variant' then x.title || ': ' || m.word end as title
        from summed m
        left join tendril.sequence_versions v on v.id = m.version_id
        left join tendril.sequences q on q.name = v.sequence
        left join steps s on s.version_id = m.version_id and s.position = m.message_step
        left join tendril.campaigns g on g.id = m.owner_id and analytics.group_by = 'campaign'
        left join tendril.experiments x on x.id = m.owner_id and analytics.group_by = 'variant'
    )
    select n.key, max(n.title), sum(n.deliveries)::bigint, sum(n.sent)::bigint, sum(n.people)::bigint, sum(n.delivered)::bigint,
        coalesce(sum(n.mails), 0)::bigint, coalesce(sum(n.mails_delivered), 0)::bigint, sum(n.engaged)::bigint, coalesce(sum(n.opened), 0)::bigint,
        coalesce(sum(n.opened_at_all), 0)::bigint, sum(n.clicked)::bigint, sum(n.hard_bounced)::bigint, sum(n.soft_bounced)::bigint,
        sum(n.complained)::bigint, sum(n.unsubscribed)::bigint, sum(n.fell_back)::bigint, coalesce(sum(n.failed), 0)::bigint,
        coalesce(sum(n.skipped), 0)::bigint, coalesce(sum(n.cancelled), 0)::bigint, coalesce(sum(n.unclear), 0)::bigint,
        sum(n.held_out)::bigint, sum(n.converted)::bigint, sum(n.conversions)::bigint, sum(n.value), coalesce(sum(n.open_seconds), 0)::bigint,
        sum(n.click_seconds)::bigint
    from named n
    where n.key is not null
    group by n.key
    having sum(n.deliveries) <> 0 or sum(n.held_out) <> 0
    order by case when analytics.group_by = 'day' then n.key end, sum(n.sent) desc, n.key;
end;
$$;
