-- People are found by how any word of their names begins. There is no index on last_active_at: it changes with every message,
-- and an index on it would make each of those writes dearer for the sake of a list that an admin opens now and then.
create index users_by_words on tendril.users using gin (to_tsvector('pg_catalog.simple',
    coalesce(first_name, '') || ' ' || coalesce(last_name, '') || ' ' || coalesce(chosen_name, '') || ' ' || coalesce(username, '')
    || ' ' || coalesce(external_id, '')));
