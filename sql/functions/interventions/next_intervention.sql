-- Says when there is something to do next: somebody to be kept from leaving, an intervention whose week is over, a task that an admin is to
-- be told of; changes nothing.
create or replace function tendril.next_intervention(at timestamptz default tendril.clock())
returns timestamptz
language sql stable
set search_path = ''
as $$
    select least(
        -- not before it is looked for
        case when m.moment is not null then greatest(m.moment, case when rules.looked_at <= next_intervention.at then rules.looked_at + interval '1 minute' end) end,
        -- a task waits without a time for as long as there is nobody to tell
        (select min(t.tell_at) from tendril.outreach_tasks t where t.status = 'open' and exists (select from tendril.users_to_alert())))
    from tendril.intervention_rules rules
    cross join lateral (
        select least(
            case when tendril.users_to_keep(1, next_intervention.at) <> '{}' then next_intervention.at end,
            (select min(i.until) from tendril.interventions i where i.ended_at is null),
            (select min(i.created_at) from tendril.interventions i where i.created_at > next_intervention.at - rules.cooldown) + rules.cooldown
        ) as moment
    ) m;
$$;
