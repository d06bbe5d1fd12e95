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
    select n.name into unknown
    from (
        select 'sequence' as name, exists (select from tendril.sequences s where s.name = check_analytics.filters ->> 'sequence') as is_there
        union all
        select 'step', exists (select from tendril.sequence_steps s where s.name = check_analytics.filters ->> 'step')
        union all
        select 'template', exists (select from tendril.templates t where t.name = check_analytics.filters ->> 'template')
        union all
        select 'campaign', exists (select from tendril.campaigns c where c.name = check_analytics.filters ->> 'campaign')
        union all
        select 'experiment', exists (select from tendril.experiments x where x.name = check_analytics.filters ->> 'experiment')
        union all
        select 'variant', exists (select from tendril.experiment_variants v where v.name = check_analytics.filters ->> 'variant')
    ) n
    where check_analytics.filters ? n.name and not n.is_there
    limit 1;
    if unknown is not null then
        raise exception 'there is no % "%"', unknown, check_analytics.filters ->> unknown using errcode = 'TN404', detail = unknown;
    end if;
end;
$$;
