-- What somebody wants to be called: it stays when Telegram tells us their name again.
alter table tendril.users add column chosen_name text check (chosen_name <> '');
