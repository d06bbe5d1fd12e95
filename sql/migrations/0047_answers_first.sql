-- What is not an announcement is found without looking through a million of them that are due.
create index message_deliveries_due_first on tendril.message_deliveries (channel, next_attempt_at)
    where delivery_status = 'pending' and message_class <> 'announcement';
