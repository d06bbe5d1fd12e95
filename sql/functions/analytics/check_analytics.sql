-- Refuses a question about something that is not there, or by something that messages are not told apart by; changes nothing.
create or replace function tendril.check_analytics(filters jsonb, since date default null, until date default null)
returns void
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    unknown text;
begin
    select k into unknown from jsonb_object_keys(check_analytics.filters) as k
    where k <> all (array['channel', 'message_class', 'sequence', 'step', 'template', 'campaign', 'experiment', 'variant', 'mail_provider']);
    if unknown is not null then
        raise exception 'messages cannot be chosen by "%"', unknown using errcode = 'TN422', detail = 'filters.' || unknown;
    elsif check_analytics.until < check_analytics.since then
        raise exception 'the last day is before the first' using errcode = 'TN422', detail = 'until';
    end if;
    -- what is not asked for is not looked for
    select n.name into unknown
    from (
        select 'sequence' as name where check_analytics.filters ? 'sequence'
            and not exists (select from tendril.sequences s where s.name = check_analytics.filters ->> 'sequence')
        union all
        select 'step' where check_analytics.filters ? 'step'
            and not exists (select from tendril.sequence_steps s where s.name = check_analytics.filters ->> 'step')
        union all
        select 'template' where check_analytics.filters ? 'template'
            and not exists (select from tendril.templates t where t.name = check_analytics.filters ->> 'template')
        union all
        select 'campaign' where check_analytics.filters ? 'campaign'
            and not exists (select from tendril.campaigns c where c.name = check_analytics.filters ->> 'campaign')
        union all
        select 'experiment' where check_analytics.filters ? 'experiment'
            and not exists (select from tendril.experiments x where x.name = check_analytics.filters ->> 'experiment')
        union all
        select 'variant' where check_analytics.filters ? 'variant'
            and not exists (select from tendril.experiment_variants v where v.name = check_analytics.filters ->> 'variant')
    ) n
    limit 1;
    if unknown is not null then
        raise exception 'there is no % "%"', unknown, check_analytics.filters ->> unknown using errcode = 'TN404', detail = unknown;
    end if;
end;
$$;
