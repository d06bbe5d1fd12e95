-- Trigger: notes whose scores are to be reckoned anew, each once per statement.
create or replace function tendril.mark_scores()
returns trigger
language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
    insert into tendril.score_marks (user_id) select distinct n.user_id from now n order by 1;
    return null;
end;
$$;
