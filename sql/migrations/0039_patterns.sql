-- What a paused campaign held is released page by page; and patterns that were found in what became of messages.

alter table tendril.campaigns
    add column resumed_at timestamptz,
    -- when to look for what its pause held; null where nothing can be left of that
    add column releases_at timestamptz;
create index message_deliveries_held_by_campaigns on tendril.message_deliveries (sequence_type, id)
    where delivery_status = 'pending' and reason = 'campaign_paused' and next_attempt_at = 'infinity';

-- Each look at the messages of some weeks: over which days of sending, how much it saw, how many comparisons it made, and how many
-- of them held.
create table tendril.pattern_looks (
    id bigint generated always as identity primary key,
    looked_at timestamptz not null,
    since date not null,
    until date not null,
    messages bigint not null,
    people bigint not null,
    comparisons int not null,
    found int not null
);

-- Messages that are alike in something, and were answered or led people back more often, or less, than the others of their channel.
create table tendril.patterns (
    id bigint generated always as identity primary key,
    measure text not null check (measure in ('answered', 'returned')),
    -- what they are alike in, such as hour, and which
    subject text not null,
    key text not null,
    -- within which channel they are compared; '' where channels are
    channel text not null,
    messages bigint not null,
    people bigint not null,
    hits bigint not null,
    other_messages bigint not null,
    other_people bigint not null,
    other_hits bigint not null,
    -- of the two rates, with the bounds of an interval that allows for having been chosen from many
    difference double precision not null,
    low double precision not null,
    high double precision not null,
    p_value double precision not null,
    -- the share of false ones among all that are at least as striking
    q_value double precision not null,
    first_found_at timestamptz not null,
    found_at timestamptz not null,
    -- since when a look does not find it any more
    gone_at timestamptz,
    unique (measure, subject, key, channel)
);
