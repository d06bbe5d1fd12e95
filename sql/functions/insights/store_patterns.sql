-- Remembers what a look at messages found: what was found before keeps its first day, what is not found any more says since when. A look
-- at the same days takes the place of the one before.
create or replace function tendril.store_patterns(look jsonb, patterns jsonb, at timestamptz default tendril.clock())
returns void
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    -- two looks at once would wait for each other's patterns
    lock table tendril.pattern_looks in share row exclusive mode;
    delete from tendril.pattern_looks l where l.until = (store_patterns.look ->> 'until')::date;
    insert into tendril.pattern_looks (looked_at, since, until, messages, people, comparisons, found)
    select store_patterns.at, l.since, l.until, l.messages, l.people, l.comparisons, jsonb_array_length(store_patterns.patterns)
    from jsonb_to_record(store_patterns.look) as l (since date, until date, messages bigint, people bigint, comparisons int);
    insert into tendril.patterns as t (
        measure, subject, key, channel, messages, people, hits, other_messages, other_people, other_hits, difference, low, high,
        p_value, q_value, first_found_at, found_at)
    select p.measure, p.subject, p.key, p.channel, p.messages, p.people, p.hits, p.other_messages, p.other_people, p.other_hits,
        p.difference, p.low, p.high, p.p_value, p.q_value, store_patterns.at, store_patterns.at
    from jsonb_populate_recordset(null::tendril.patterns, store_patterns.patterns) p
    on conflict (measure, subject, key, channel) do update
    set messages = excluded.messages, people = excluded.people, hits = excluded.hits, other_messages = excluded.other_messages,
        other_people = excluded.other_people, other_hits = excluded.other_hits, difference = excluded.difference, low = excluded.low,
        high = excluded.high, p_value = excluded.p_value, q_value = excluded.q_value, found_at = excluded.found_at, gone_at = null,
        first_found_at = case when t.gone_at is null then t.first_found_at else excluded.found_at end;
    update tendril.patterns p set gone_at = store_patterns.at where p.gone_at is null and p.found_at < store_patterns.at;
end;
$$;
