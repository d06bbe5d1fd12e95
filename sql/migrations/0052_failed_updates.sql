-- What people wrote and nobody could handle is told to the admins: `error` of what is handled says that it failed for good.
update tendril.telegram_updates set error = null where handled_at is not null and payload = '{}';
create index telegram_updates_failed on tendril.telegram_updates (handled_at) where handled_at is not null and error is not null;
