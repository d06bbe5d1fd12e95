-- Goes on counting a streak over more of its days, in their order, and over what was missed up to a day: an active day counts, a
-- repaired or carried one only bridges, a missed one takes a freeze or ends the streak, a milestone or a level (`given`, so many on
-- that day) gives freezes back. Says the streak and which days its freezes saved; changes nothing.
create or replace function tendril.count_streak(
    streak tendril.streaks, marked date[], kinds text[], given int[], through date, rules tendril.streak_rules,
    out counted tendril.streaks, out frozen date[]
)
language plpgsql immutable
set search_path = ''
as $$
#variable_conflict use_column
declare
    until date;
    missed int;
    saved int;
begin
    counted := streak;
    frozen := '{}';
    for place in 1 .. cardinality(marked) + 1 loop
        until := coalesce(marked[place] - 1, through);
        missed := until - counted.settled;
        if counted.days > 0 and missed > 0 then
            saved := least(missed, counted.freezes);
            frozen := frozen || array(select counted.settled + each from generate_series(1, saved) as each);
            if saved < missed then
                counted.lost_days := counted.days;
                counted.lost_on := counted.settled + saved + 1;
                counted.days := 0;
                counted.freezes := rules.freezes;
            else
                counted.freezes := counted.freezes - saved;
            end if;
        end if;
        counted.settled := greatest(counted.settled, until);
        exit when place > cardinality(marked);

        if kinds[place] = 'active' then
            if counted.days = 0 then
                counted.began := marked[place];
            end if;
            counted.days := counted.days + 1;
            counted.longest := greatest(counted.longest, counted.days);
            counted.last_day := marked[place];
        end if;
        if kinds[place] <> 'given' then
            counted.settled := greatest(counted.settled, marked[place]);
        end if;
        counted.freezes := least(rules.freezes, counted.freezes + given[place] + case when kinds[place] = 'active' then
            coalesce(rules.given_back[array_position(rules.milestones, counted.days)], 0) else 0 end);
    end loop;
end;
$$;
