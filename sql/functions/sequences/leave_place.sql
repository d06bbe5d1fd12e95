-- Leaves a place whose request was answered: it is free a second later, or as late as the channel's budget allows, and never later than
-- it would be by itself.
create or replace function tendril.leave_place(worker text, channel text, place int, at timestamptz default tendril.clock())
returns void
language sql
set search_path = ''
as $$
    update tendril.send_places p
    set free_at = least(p.free_at, leave_place.at + make_interval(secs => greatest(1, 1 / b.per_second))), worker = null
    from tendril.send_budgets b
    where p.channel = leave_place.channel and p.place = leave_place.place and p.worker = leave_place.worker and b.channel = p.channel;
$$;
