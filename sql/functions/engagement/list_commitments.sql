-- A user's commitments of a status, those due first at the top, so many at most; changes nothing.
create or replace function tendril.list_commitments(user_id uuid, status text default 'open', limit_to int default 100)
returns table (id bigint, text text, due_at timestamptz, due_day date, status text, rating jsonb, completed_at timestamptz, created_at timestamptz)
language sql stable
set search_path = ''
as $$
    select c.id, c.text, c.due_at, c.due_day, c.status, c.rating, c.completed_at, c.created_at
    from tendril.commitments c
    where c.user_id = list_commitments.user_id and c.status = list_commitments.status
    order by c.due_at, c.id
    limit list_commitments.limit_to;
$$;
