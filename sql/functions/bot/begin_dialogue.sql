-- Remembers the question that somebody is asked, in place of the one before, and what its answer is to be read with.
create or replace function tendril.begin_dialogue(
    user_id uuid, name text, state jsonb default '{}', lasts interval default '1 day', at timestamptz default tendril.clock()
)
returns void
language sql
set search_path = ''
as $$
    insert into tendril.dialogues as d (user_id, name, state, begun_at, expires_at)
    values (begin_dialogue.user_id, begin_dialogue.name, begin_dialogue.state, begin_dialogue.at,
        begin_dialogue.at + begin_dialogue.lasts)
    on conflict (user_id) do update
    set name = excluded.name, state = excluded.state, begun_at = excluded.begun_at, expires_at = excluded.expires_at;
$$;
