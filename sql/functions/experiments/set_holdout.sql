-- Sets the share of everybody that no campaign writes to. With the same seed a larger share keeps whom a smaller one had; a new seed
-- chooses anew.
create or replace function tendril.set_holdout(share double precision, seed text default null, at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    if (set_holdout.share >= 0 and set_holdout.share < 1) is not true then
        raise exception 'a share is at least 0 and below 1' using errcode = 'TN422', detail = 'share';
    end if;
    insert into tendril.global_holdout as h (share, seed, since)
    values (set_holdout.share, coalesce(set_holdout.seed, 'holdout'), set_holdout.at)
    on conflict (only_row) do update
    set share = excluded.share, seed = coalesce(set_holdout.seed, h.seed),
        since = case when (h.share, h.seed) = (excluded.share, coalesce(set_holdout.seed, h.seed)) then h.since else excluded.since end;
    return tendril.get_holdout();
end;
$$;
