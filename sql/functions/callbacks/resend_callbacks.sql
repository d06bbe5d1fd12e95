-- Sends a callback of a subscriber once more, or, where none is named, all of them that failed; each with the id that it had, and
-- for another 24 hours. Says how many.
create or replace function tendril.resend_callbacks(
    subscriber_id bigint, callback_id bigint default null, at timestamptz default tendril.clock()
)
returns int
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
    resent int;
begin
    perform tendril.describe_subscriber(resend_callbacks.subscriber_id);
    update tendril.callbacks c
    set status = 'pending', attempts = 0, next_attempt_at = resend_callbacks.at, give_up_at = resend_callbacks.at + interval '24 hours',
        lease = null, ended_at = null
    where c.subscriber_id = resend_callbacks.subscriber_id and c.type <> 'ping'
        and case when resend_callbacks.callback_id is null then c.status = 'failed' else c.id = resend_callbacks.callback_id end;
    get diagnostics resent = row_count;
    if resent = 0 and resend_callbacks.callback_id is not null then
        raise exception 'there is no callback with this id' using errcode = 'TN404', detail = 'callback_id';
    end if;
    return resent;
end;
$$;
