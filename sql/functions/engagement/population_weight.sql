-- Gives for how many observations of one's own the shares of all count: the concentration of the Dirichlet-multinomial distribution in
-- which two observations of one person are alike with the first probability and two of anybody's with the second, at most 1000
-- (J. E. Mosimann, On the compound multinomial distribution, Biometrika 49, 1962); changes nothing.
create or replace function tendril.population_weight(alike_within float8, alike_between float8)
returns float8
language sql immutable
return case when alike_within > alike_between
    then least(1000, greatest(1, (1 - alike_within) / (alike_within - alike_between))) else 1000 end;
