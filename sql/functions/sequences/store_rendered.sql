-- Stores what will be sent before it is sent, for the rows still under this lease, which begins anew, and says how many those were.
create or replace function tendril.store_rendered(
    lease_token uuid, rendered jsonb, batch_key text default null, lease_seconds int default 60, at timestamptz default tendril.clock()
)
returns int
language plpgsql
set search_path = ''
set plan_cache_mode = 'force_generic_plan'
set random_page_cost = 1.1
-- Plans are made while the tables are still small, and then kept.
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    stored int;
begin
    update tendril.message_deliveries d
    set message_content = r.content, batch_key = store_rendered.batch_key, batch_position = case when store_rendered.batch_key is not null then r.place end,
        leased_until = greatest(d.leased_until, store_rendered.at + make_interval(secs => store_rendered.lease_seconds)),
        batch_started_at = case when store_rendered.batch_key is not null then store_rendered.at end
    from (
        select (value ->> 'id')::bigint as id, value -> 'content' as content, ordinality as place
        from jsonb_array_elements(store_rendered.rendered) with ordinality
    ) r
    where d.id = r.id and d.lease_token = store_rendered.lease_token and d.delivery_status = 'sending';
    get diagnostics stored = row_count;
    return stored;
end;
$$;
