-- Compiles that a text matches a pattern. Patterns have only what cannot take long: no references back, no looking around, and
-- counts of at most 99, never of a group; changes nothing.
create or replace function tendril.compile_regex(operand text, pattern jsonb, path text)
returns text
language plpgsql immutable
set search_path = ''
as $$
#variable_conflict use_column
declare
    written text := case jsonb_typeof(compile_regex.pattern) when 'string' then compile_regex.pattern #>> '{}' end;
begin
    if written is null or length(written) not between 1 and 200 then
        perform tendril.refuse_filter(compile_regex.path, 'takes a pattern of 1 to 200 characters');
    -- the same in sequences/filters.py
    elsif written like '%){%' or written !~ (
        '^(\(\?i\))?(([^][\\{}()*+?|^$]|\\[dwsDWS]|\\[][!-/:-@\\^_`{}|~]|\[\^?([^][\\]|\\[dwsDWS]|\\[][!-/:-@\\^_`{}|~])+\]|\))'
        '([*+?]\??|\{\d{1,2}(,\d{0,2})?\})?|\((\?:)?|[|^$])*$') then
        perform tendril.refuse_filter(
            compile_regex.path, 'a pattern has characters, . \d \w \s, [lists], (groups), |, ^, $, * + ? and {counts} up to 99, and no more');
    end if;
    begin
        perform '' ~ written;
    exception when invalid_regular_expression then
        perform tendril.refuse_filter(compile_regex.path, 'not a pattern: ' || sqlerrm);
    end;
    return format('(jsonb_typeof(%1$s) = ''string'' and left(%1$s #>> ''{}'', 2000) ~ %2$L)', compile_regex.operand, written);
end;
$$;
