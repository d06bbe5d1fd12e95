-- All of a zone are due at the same moment: a page of them begins where the last one ended.
create index drop_off_risks_due_in_order on tendril.drop_off_risks (due_at, user_id);
drop index tendril.drop_off_risks_due;
