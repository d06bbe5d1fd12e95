-- Only a campaign that is paused says since when: one that was cancelled while it was paused said it for ever.
update tendril.campaigns set paused_at = null where status <> 'paused';
alter table tendril.campaigns add constraint campaigns_paused check (paused_at is null or status = 'paused');
