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
-- Planning anew would take longer than most answers.
set plan_cache_mode = 'force_generic_plan'
set jit = off
as $$
#variable_conflict use_column
declare
    last date := coalesce(analytics.until, (analytics.at at time zone 'UTC')::date);
    first date := coalesce(analytics.since, last - 29);
    wanted jsonb := coalesce(analytics.filters, '{}');
    one_channel text := wanted ->> 'channel';
    one_class text := wanted ->> 'message_class';
    one_provider text := wanted ->> 'mail_provider';
    one_variant text := wanted ->> 'variant';
    one_campaign bigint := (select g.id from tendril.campaigns g where g.name = wanted ->> 'campaign');
    one_experiment bigint := (select x.id from tendril.experiments x where x.name = wanted ->> 'experiment');
    one_sequence bigint[] := case when wanted ? 'sequence' then array(select v.id from tendril.sequence_versions v where v.sequence = wanted ->> 'sequence') end;
    some_steps boolean := wanted ?| array['step', 'template'];
    places int[] := case when some_steps then array(
        select distinct s.position from tendril.sequence_steps s
        left join tendril.template_versions tv on tv.id = s.template_version_id
        left join tendril.templates t on t.id = tv.template_id
        where (not wanted ? 'step' or s.name = wanted ->> 'step') and (not wanted ? 'template' or t.name = wanted ->> 'template')) end;
    sums text := tendril.sums_for(analytics.group_by, wanted, false);
    -- Whole months are sums of their own, where single days are many rows; a month tells nothing of its days.
    months text := case when sums is null or sums in ('sequence', 'variant', 'step') then tendril.sums_for(analytics.group_by, wanted, true) end;
    from_month date := case when months is null or analytics.group_by = 'day' then 'infinity' else date_trunc('month', first - 1 + interval '1 month')::date end;
    until_month date := date_trunc('month', last + interval '1 day')::date - 1;
    -- single days are before them and after them
    until_day date := least(from_month - 1, last);
    from_day date := greatest(until_month + 1, from_month, first);
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
        where (not wanted ? 'step' or s.name = wanted ->> 'step') and (not wanted ? 'template' or t.name = wanted ->> 'template')
    ), cells as (
        select c.day, c.version_id, c.message_step, c.channel, c.message_class, c.campaign_id, c.experiment_id, c.variant,
            c.mail_provider, c.outcome, c.reason, c.deliveries, c.sent, c.people, c.delivered, c.engaged, c.opened, c.opened_at_all, c.clicked,
            c.hard_bounced, c.soft_bounced, c.complained, c.unsubscribed, c.fell_back, c.failed, c.skipped, c.cancelled, c.unclear, c.converted,
            c.conversions, c.value, c.open_seconds, c.click_seconds, 0::bigint as held_out
        from tendril.delivery_sums c
        where (c.grain = sums and (c.day between first and until_day or c.day between from_day and last)
            or c.grain = months and c.day between from_month and until_month)
            and (not some_steps or (c.version_id, c.message_step) in (select s.version_id, s.position from steps s))
        union all
        select c.day, c.version_id, c.message_step, c.channel, c.message_class, c.campaign_id, c.experiment_id, c.variant,
            c.mail_provider, c.outcome, c.reason, c.deliveries, c.sent, c.people, c.delivered, c.engaged, c.opened, c.opened_at_all, c.clicked,
            c.hard_bounced, c.soft_bounced, c.complained, c.unsubscribed, c.fell_back,
            case c.outcome when 'failed' then c.deliveries else 0 end, case c.outcome when 'skipped' then c.deliveries else 0 end,
            case c.outcome when 'cancelled' then c.deliveries else 0 end, case when c.outcome in ('unknown', 'parked') then c.deliveries else 0 end,
            c.converted, c.conversions, c.value, c.open_seconds, c.click_seconds, 0
        from (
            select * from tendril.delivery_cells c where one_provider is null
            union all
            select * from tendril.delivery_cells c where c.mail_provider = one_provider and not some_steps
            union all
            select * from tendril.delivery_cells c where c.mail_provider = one_provider and some_steps and c.message_step = any (places)
        ) c
        where sums is null and (c.day between first and until_day or c.day between from_day and last)
            and (not some_steps or (c.version_id, c.message_step) in (select s.version_id, s.position from steps s))
        union all
        -- whoever was held out has no message: they stand at the first step, on no channel
        select e.enrolled_on, e.version_id, 1, null, q.message_class, e.campaign_id, e.experiment_id, e.variant, null, 'held_out', null,
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, e.people
        from tendril.enrollment_counts e
        join tendril.sequence_versions v on v.id = e.version_id
        join tendril.sequences q on q.name = v.sequence
        where e.reason = 'holdout' and e.enrolled_on between first and last and not some_steps
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
            sum(c.failed) as failed, sum(c.skipped) as skipped, sum(c.cancelled) as cancelled, sum(c.unclear) as unclear,
            sum(c.held_out) as held_out, sum(c.converted) as converted, sum(c.conversions) as conversions, sum(c.value) as value,
            -- opens are those of mails
            sum(c.open_seconds) filter (where c.channel = 'email') as open_seconds, sum(c.click_seconds) as click_seconds
        from cells c
        where (one_channel is null or c.channel = one_channel) and (one_class is null or c.message_class = one_class)
            and (one_provider is null or c.mail_provider = one_provider) and (one_variant is null or c.variant = one_variant)
            and (one_campaign is null or c.campaign_id = one_campaign) and (one_experiment is null or c.experiment_id = one_experiment)
            and (one_sequence is null or c.version_id = any (one_sequence))
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
