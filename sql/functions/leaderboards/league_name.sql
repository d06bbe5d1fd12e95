-- What a tier of leagues is called in the language of a user, from the lowest to the highest; null where there is no such tier.
-- Changes nothing.
create or replace function tendril.league_name(tier int, locale text default 'en')
returns text
language sql immutable
set search_path = ''
as $$
    select (case when league_name.locale like 'de%'
        then array['Samen', 'Keim', 'Spross', 'Blatt', 'Ranke', 'Knospe', 'Blüte', 'Frucht', 'Hain', 'Wald']
        else array['Seed', 'Shoot', 'Sprout', 'Leaf', 'Tendril', 'Bud', 'Blossom', 'Fruit', 'Grove', 'Forest'] end)[league_name.tier];
$$;
