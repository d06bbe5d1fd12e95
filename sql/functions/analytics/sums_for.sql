-- Which sums of days, or of months, answer a question: the coarsest that tell apart what is grouped by and what is chosen by. Of days
-- there may be none.
create or replace function tendril.sums_for(group_by text, filters jsonb, is_monthly boolean)
returns text
language sql immutable
set search_path = ''
as $$
    select g.grain
    from tendril.analytics_grains() g
    cross join (
        select
            sums_for.group_by in ('step', 'template', 'template_version') or sums_for.filters ?| array['step', 'template'] as step,
            sums_for.group_by in ('sequence', 'version') or sums_for.filters ? 'sequence' as version,
            sums_for.group_by = 'campaign' or sums_for.filters ? 'campaign' as campaign,
            sums_for.group_by = 'variant' or sums_for.filters ?| array['variant', 'experiment'] as variant,
            sums_for.group_by = 'mail_provider' or sums_for.filters ? 'mail_provider' as provider,
            sums_for.group_by = 'reason' as outcome
    ) asked
    where g.is_monthly = sums_for.is_monthly
        and (g.by_step or not asked.step) and (g.by_version or not asked.version) and (g.by_campaign or not asked.campaign)
        and (g.by_variant or not asked.variant) and (g.by_provider or not asked.provider) and (g.by_outcome or not asked.outcome)
    order by g.by_step::int + g.by_version::int + g.by_campaign::int + g.by_variant::int + g.by_provider::int + g.by_outcome::int
    limit 1;
$$;
