-- What all mails of a step share, under a hash of it: a mail is stored as what it says of its own between these texts.
create table tendril.pages (
    hash text primary key,
    texts jsonb not null check (jsonb_typeof(texts) = 'array'),
    kept_at timestamptz not null
);
