-- Compiles one operator on one JSON value; changes nothing.
create or replace function tendril.compile_operator(operand text, operator text, wanted jsonb, path text, depth int default 0)
returns text
language plpgsql immutable
set search_path = ''
as $$
#variable_conflict use_column
declare
    kind text := jsonb_typeof(compile_operator.wanted);
    problem text := case
        when compile_operator.operator in ('$eq', '$ne') and kind in ('array', 'object') then 'takes a text, a number, true, false or null'
        when compile_operator.operator in ('$lt', '$lte', '$gt', '$gte') and kind not in ('number', 'string') then 'takes a number or a text'
        when compile_operator.operator in ('$vlt', '$vlte', '$vgt', '$vgte') and kind <> 'string' then 'takes a version as a text, like "1.2.10"'
        when compile_operator.operator in ('$in', '$nin', '$all') and (
            kind <> 'array' or jsonb_path_exists(compile_operator.wanted, 'strict $[*] ? (@.type() == "array" || @.type() == "object")'))
            then 'takes a list of values'
        when compile_operator.operator in ('$in', '$nin', '$all') and jsonb_array_length(compile_operator.wanted) > 1000
            then 'takes at most 1000 values'
        when compile_operator.operator = '$exists' and kind <> 'boolean' then 'takes true or false'
        when compile_operator.operator = '$type'
            and not compile_operator.wanted <@ '["string", "number", "boolean", "array", "object", "null"]'
            then 'takes one of string, number, boolean, array, object, null'
        when compile_operator.operator = '$elemMatch' and kind <> 'object' then 'takes operators, or a filter on the fields of an item'
        when compile_operator.operator = '$not' and kind <> 'object' then 'takes operators, like {"$gte": 3}'
    end;
    template text := case
        when compile_operator.operator = '$eq' then '(coalesce(%1$s, ''null'') = %2$L::jsonb)'
        when compile_operator.operator = '$ne' then '(coalesce(%1$s, ''null'') <> %2$L::jsonb)'
        when compile_operator.operator in ('$lt', '$lte', '$gt', '$gte')
            then '(jsonb_typeof(%1$s) = jsonb_typeof(%2$L::jsonb) and %1$s %3$s %2$L::jsonb)'
        when compile_operator.operator in ('$vlt', '$vlte', '$vgt', '$vgte') then
            '(jsonb_typeof(%1$s) = ''string'' and tendril.padded_version(%1$s #>> ''{}'') collate "C" %3$s tendril.padded_version(%2$L::jsonb #>> ''{}''))'
        -- of a list, one item is enough
        when compile_operator.operator in ('$in', '$nin') then
            '(%3$s case jsonb_typeof(%1$s) when ''array'''
            ' then exists (select from jsonb_array_elements(%1$s) as each (item) where %2$L::jsonb @> jsonb_build_array(each.item))'
            ' else %2$L::jsonb @> jsonb_build_array(coalesce(%1$s, ''null'')) end)'
        when compile_operator.operator = '$all' then '(jsonb_typeof(%1$s) = ''array'' and %1$s @> %2$L::jsonb)'
        when compile_operator.operator = '$exists' then '((coalesce(%1$s, ''null'') <> ''null'') = %2$L::boolean)'
        when compile_operator.operator = '$type' then '(to_jsonb(jsonb_typeof(coalesce(%1$s, ''null''))) = %2$L::jsonb)'
    end;
begin
    if problem is not null then
        perform tendril.refuse_filter(compile_operator.path, problem);
    elsif template is not null then
        return format(template, compile_operator.operand, compile_operator.wanted, case
            when compile_operator.operator like '%lt' then '<'
            when compile_operator.operator like '%lte' then '<='
            when compile_operator.operator like '%gt' then '>'
            when compile_operator.operator like '%gte' then '>='
            when compile_operator.operator = '$nin' then 'not'
        end);
    end if;
    return case compile_operator.operator
        when '$not' then '('
            || tendril.compile_test(compile_operator.operand, compile_operator.wanted, compile_operator.path, compile_operator.depth + 1) || ' is not true)'
        when '$size' then format(
            '(jsonb_typeof(%1$s) = ''array'' and %2$s)', compile_operator.operand,
            tendril.compile_test(
                format('to_jsonb(jsonb_array_length(case jsonb_typeof(%1$s) when ''array'' then %1$s else ''[]'' end))', compile_operator.operand),
                compile_operator.wanted, compile_operator.path, compile_operator.depth + 1))
        when '$elemMatch' then tendril.compile_item(
            compile_operator.operand, compile_operator.wanted, compile_operator.path, compile_operator.depth + 1)
        when '$regex' then tendril.compile_regex(compile_operator.operand, compile_operator.wanted, compile_operator.path)
        else tendril.refuse_filter(
            compile_operator.path, 'no such operator; there are: $eq, $ne, $lt, $lte, $gt, $gte, $in, $nin, $exists, $not, '
            '$regex, $elemMatch, $size, $all, $type, $vlt, $vlte, $vgt, $vgte')
    end;
end;
$$;
