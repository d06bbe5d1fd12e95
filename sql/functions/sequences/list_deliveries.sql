-- Lists deliveries of a kind (failed, parked, unknown, held, sent), newest first, one page of them, with whom they are for and
-- whether they can be tried again; and counts the kind, as far as `most`; changes nothing.
create or replace function tendril.list_deliveries(kind text, page_size int default 5, skip int default 0, most int default 1000)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    meeting text := case list_deliveries.kind
        when 'failed' then 'd.delivery_status in (''failed'', ''bounced'', ''complained'')'
        when 'parked' then 'd.delivery_status = ''parked'''
        when 'unknown' then 'd.delivery_status = ''unknown'''
        when 'held' then 'd.delivery_status = ''pending'' and d.reason is not null'
        when 'sent' then 'd.sent_at is not null and d.delivery_status in (''sent'', ''delivered'', ''opened'', ''clicked'')' end;
    counted bigint;
    listed jsonb;
begin
    if meeting is null then
        raise exception 'there is no such kind of deliveries' using errcode = 'TN422', detail = 'kind',
            hint = 'Use failed, parked, unknown, held or sent.';
    end if;
    execute format('select count(*) from (select from tendril.message_deliveries d where %s limit $1) counted', meeting)
    into counted using list_deliveries.most;
    execute format(
        'select coalesce(jsonb_agg(tendril.describe_delivery(f) || jsonb_build_object('
        '  ''title'', s.title, ''name'', tendril.full_name(u), ''user_id'', u.id, ''is_retryable'', tendril.is_retryable(f)) order by f.id desc), ''[]'')'
        ' from (select d.* from tendril.message_deliveries d where %s order by d.id desc limit $1 offset $2) f'
        ' join tendril.users u on u.id = f.user_id join tendril.sequences s on s.name = f.sequence_type', meeting)
    into listed using list_deliveries.page_size, list_deliveries.skip;
    return jsonb_build_object('kind', list_deliveries.kind, 'count', counted, 'most', list_deliveries.most, 'deliveries', listed);
end;
$$;
