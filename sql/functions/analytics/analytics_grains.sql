-- By what the sums in delivery_sums tell messages apart, beside day, channel and class, from the coarsest on; of days, then of
-- months.
create or replace function tendril.analytics_grains()
returns table (
    grain text, is_monthly boolean, by_version boolean, by_step boolean, by_campaign boolean, by_variant boolean, by_provider boolean,
    by_outcome boolean
)
language sql immutable
set search_path = ''
as $$
    values
        ('all', false, false, false, false, false, false, false),
        ('provider', false, false, false, false, false, true, false),
        ('outcome', false, false, false, false, false, false, true),
        ('sequence', false, true, false, true, false, false, false),
        ('variant', false, true, false, true, true, false, false),
        ('step', false, true, true, true, false, false, false),
        ('sequence_month', true, true, false, true, false, false, false),
        ('variant_month', true, true, false, true, true, false, false),
        ('step_month', true, true, true, true, false, false, false),
        ('month', true, true, true, true, true, true, true);
$$;
