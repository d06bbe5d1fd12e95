-- How often a template was changed, and which steps ask how engaged their reader is.
alter table tendril.templates add column revision int not null default 1;

-- Their score is reckoned as the message is claimed; nobody else's is.
alter table tendril.sequence_steps add column asks_engagement boolean not null default false;
create index sequence_steps_of_template on tendril.sequence_steps (template_version_id) where template_version_id is not null;
