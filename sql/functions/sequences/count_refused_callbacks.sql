-- Adds to the callbacks of a provider whose signature did not fit; what is older than an hour is another matter.
create or replace function tendril.count_refused_callbacks(provider text, refused int, at timestamptz default tendril.clock())
returns void
language sql
set search_path = ''
as $$
    insert into tendril.refused_callbacks as r (provider, refused, since, last_at)
    values (count_refused_callbacks.provider, count_refused_callbacks.refused, count_refused_callbacks.at, count_refused_callbacks.at)
    on conflict (provider) do update
    set refused = excluded.refused + case when r.last_at > excluded.last_at - interval '1 hour' then r.refused else 0 end,
        since = case when r.last_at > excluded.last_at - interval '1 hour' then r.since else excluded.since end,
        last_at = excluded.last_at;
$$;
