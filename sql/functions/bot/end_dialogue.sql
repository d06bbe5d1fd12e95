-- Forgets the question that somebody was asked; says whether there was one.
create or replace function tendril.end_dialogue(user_id uuid)
returns boolean
language sql
set search_path = ''
as $$
    with ended as (delete from tendril.dialogues d where d.user_id = end_dialogue.user_id returning true)
    select exists (select from ended);
$$;
