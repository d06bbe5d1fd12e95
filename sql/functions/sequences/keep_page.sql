-- Keeps what all mails of a step share, once and for ever: a mail that is sent again must be the same to the byte.
create or replace function tendril.keep_page(hash text, texts jsonb, at timestamptz default tendril.clock())
returns void
language sql
set search_path = ''
as $$
    insert into tendril.pages (hash, texts, kept_at) values (keep_page.hash, keep_page.texts, keep_page.at) on conflict do nothing;
$$;
