-- Begins to count everything anew, unless that is under way; says how far it is, and whether it is new.
create or replace function tendril.begin_analytics_rebuild(at timestamptz default tendril.clock())
returns jsonb
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    begun bigint;
begin
    -- Looked at first, because whoever would insert waits for the page that somebody is about.
    if not exists (select from tendril.analytics_rebuilds r where r.status = 'running') then
        insert into tendril.analytics_rebuilds (began_at, carried_at)
        values (begin_analytics_rebuild.at, begin_analytics_rebuild.at)
        on conflict (status) where status = 'running' do nothing
        returning id into begun;
    end if;
    return tendril.describe_analytics_rebuild() || jsonb_build_object('is_new', begun is not null);
end;
$$;
