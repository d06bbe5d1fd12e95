-- Whose streak was kept last when: who is to be reminded of it is found by that.
create index streaks_by_act on tendril.streaks (last_act_at) where due_at is not null;
