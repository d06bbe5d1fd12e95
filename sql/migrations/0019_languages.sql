-- Somebody's language follows that of their Telegram until they, or whoever told us of them, say another.
alter table tendril.users add column locale_follows_telegram boolean not null default false;
