-- Takes out of a row what its own user must not see: codes and tokens, with which they could prove what they have not proved, the
-- words of messages that carry such, and who else wrote the row; changes nothing.
create or replace function tendril.without_secrets("row" jsonb)
returns jsonb
language sql immutable
set search_path = ''
as $$
    select jsonb_object_agg(e.key, case when jsonb_typeof(e.value) = 'object' then e.value - 'code' else e.value end)
    from jsonb_each(without_secrets."row") e
    where e.key !~ '(token|secret|hash)' and e.key not in ('code', 'worker', 'batch_key', 'actor', 'created_by', 'recorded_by')
        and not (e.key = 'message_content' and without_secrets."row" ->> 'message_class' = 'transactional');
$$;
