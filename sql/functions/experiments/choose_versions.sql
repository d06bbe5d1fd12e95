-- Gives, of those users whom a running experiment or a holdout concerns, the variant of the sequence that each gets, or that they
-- are held out; of the others nothing. Changes nothing.
create or replace function tendril.choose_versions(
    users uuid[], sequence text, campaign_id bigint, key text, at timestamptz default tendril.clock()
)
returns table (user_id uuid, version_id bigint, experiment_id bigint, variant text, is_held_out boolean, chances double precision[])
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    held_out uuid[] := tendril.held_out_users(choose_versions.users, choose_versions.sequence, choose_versions.campaign_id);
    running bigint[] := array(
        select x.id from tendril.experiments x
        where x.status = 'running' and (x.sequence = choose_versions.sequence or x.campaign_id = choose_versions.campaign_id)
        order by x.campaign_id is null, x.started_at, x.id);
    others uuid[];
begin
    return query select h.id, null::bigint, null::bigint, null::text, true, null::double precision[] from unnest(held_out) as h (id);
    if cardinality(running) > 0 then
        others := array(select u.id from unnest(choose_versions.users) as u (id) except select h.id from unnest(held_out) as h (id));
        return query
        select distinct on (d.user_id) d.user_id, v.version_id, v.experiment_id, v.name, v.is_silent, d.chances
        from unnest(running) with ordinality as r (id, rank)
        cross join lateral tendril.draw_variants(r.id, others, choose_versions.key, choose_versions.at) d
        join tendril.experiment_variants v on v.experiment_id = r.id and v.position = d.place - 1
        order by d.user_id, d.is_kept desc, r.rank;
    end if;
end;
$$;
