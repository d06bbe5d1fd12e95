-- Does something for those who may leave, at most once a minute whoever asks: settles what came of earlier interventions, chooses one for
-- each who needs one (`ways`: [{type, sequence, urgent}]), keeps a share of them from it, and sends the others' on its way, or suggests it.
-- Says how many there were of each; `more` that there are others to be asked for at once.
create or replace function tendril.intervene(ways jsonb, most int default 5000, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    rules tendril.intervention_rules;
    settled jsonb;
    chosen uuid[];
    made jsonb;
    more boolean;
begin
    select * into rules from tendril.intervention_rules r
    where (r.looked_at is null or r.looked_at <= intervene.at - interval '1 minute' or r.looked_at > intervene.at)
    for update skip locked;
    if not found then
        return '{"more": false}';
    end if;
    settled := tendril.settle_interventions(rules.looked_at, intervene.at);
    chosen := tendril.users_to_keep(intervene.most, intervene.at);
    with best as (
        select c.* from tendril.choose_interventions(chosen, intervene.ways,
            rules.most_tasks - (select count(*) from tendril.outreach_tasks t where t.status = 'open')::int, intervene.at) c
    ), kept as (
        insert into tendril.interventions (user_id, type, status, is_held_out, risk, band, reasons, choice, context, created_at, begun_at, until)
        select b.user_id, b.type, case when h.is_held_out then 'open' else 'suggested' end, h.is_held_out, r.risk, r.band, r.reasons, b.choice,
            b.context, intervene.at, case when h.is_held_out then intervene.at end, intervene.at + interval '7 days'
        from best b
        join tendril.drop_off_risks r on r.user_id = b.user_id
        left join tendril.global_holdout g on true
        cross join lateral (select
            tendril.experiment_bucket(b.user_id::text, 'intervention_holdout') < rules.holdout
            or coalesce(tendril.experiment_bucket(b.user_id::text, g.seed) < g.share, false) as is_held_out) h
        order by b.user_id
        on conflict (user_id) where ended_at is null do nothing
        returning id, is_held_out
    )
    select jsonb_build_object('chosen', count(*), 'held_out', count(*) filter (where k.is_held_out),
        'ids', coalesce(jsonb_agg(k.id) filter (where not k.is_held_out), '[]'))
    into made from kept k;
    if rules.mode = 'on' then
        perform tendril.begin_interventions(array(select value::bigint from jsonb_array_elements_text(made -> 'ids')), intervene.ways, intervene.at);
    end if;
    more := cardinality(chosen) = intervene.most and (made ->> 'chosen')::int > 0;
    if not more then
        update tendril.intervention_rules r set looked_at = intervene.at;
    end if;
    return settled || (made - 'ids') || jsonb_build_object('more', more);
end;
$$;
