-- purpose: what each column of an export means and holds.
-- caller: the gateway, in the snapshot of the export.
-- promise: {deployment_id, rows, formula_cells, columns: [{name, source, type, unit, description, count, missing, distinct, min, max}]}. distinct
--   lists the values where they are at most 20, else it is null; min and max are of numbers and times. formula_cells: how many cells get
--   an apostrophe (unless raw).
-- shape: one scan for the figures; a further one for each column of few values, told by its first rows, since most have many.
create or replace function private.export_codebook(
    p_plan jsonb
) returns jsonb
language plpgsql
stable
security invoker
set search_path = ''
set jit = off
as $$
-- Dynamic by nature; every key and id in the statement was quoted by %L where it was put in (private.export_statement).
-- @plpgsql_check_options: security_warnings = false
declare
    v_from text := format(
        'from (%s) as s (%s)', private.export_statement(jsonb_set(p_plan, '{options,raw}', 'true'), 'cells'),
        (select string_agg('c' || n, ', ' order by n) from generate_series(1, jsonb_array_length(p_plan -> 'columns')) as n));
    v_rows bigint;
    v_formulas bigint;
    v_counts bigint[];
    v_least text[];
    v_most text[];
    v_few boolean[];
    v_values jsonb[] := array[]::jsonb[];
    v_distinct jsonb;
    v_select text;
begin
    select format(
        'select count(*), array[%s]::bigint[], array[%s]::text[], array[%s]::text[], 0%s %s',
        string_agg(format('count(c%s)', c.ord), ', ' order by c.ord),
        string_agg(case when c.ordered then format('min(c%s%s)', c.ord, c.cast_to) else 'null' end, ', ' order by c.ord),
        string_agg(case when c.ordered then format('max(c%s%s)', c.ord, c.cast_to) else 'null' end, ', ' order by c.ord),
        coalesce(string_agg(format(' + count(*) filter (where private.is_formula(c%s))', c.ord), '' order by c.ord) filter (where c.kind in ('string', 'json')), ''),
        v_from)
    into v_select
    from (
        select
            c.ord, c.value ->> 'kind' as kind, c.value ->> 'kind' in ('integer', 'number', 'time') as ordered,
            case when c.value ->> 'kind' = 'number' and c.ord > 5 then '::numeric' else '' end as cast_to
        from jsonb_array_elements(p_plan -> 'columns') with ordinality as c (value, ord)
    ) as c;
    execute v_select into v_rows, v_counts, v_least, v_most, v_formulas;

    select format(
        'select array[%s] from (select * %s limit 5000) as s', string_agg(format('count(distinct c%s) <= 20', c.ord), ', ' order by c.ord), v_from)
    into v_select
    from jsonb_array_elements(p_plan -> 'columns') with ordinality as c (value, ord);
    execute v_select into v_few;

    -- a column at a time, not a row
    for v_column in 1..cardinality(v_few) loop
        v_distinct := null;
        if v_few[v_column] then
            execute format(
                'select case when count(*) <= 20 then coalesce(jsonb_agg(d.v order by d.v), ''[]'') end '
                'from (select distinct c%1$s%2$s as v %3$s where c%1$s is not null limit 21) as d',
                v_column, case p_plan #>> array['columns', (v_column - 1)::text, 'kind'] when 'number' then '::numeric' when 'boolean' then '::boolean' when 'integer' then '' else ' collate "C"' end,
                v_from)
            into v_distinct;
        end if;
        v_values := v_values || v_distinct;
    end loop;

    return jsonb_build_object(
        'deployment_id', p_plan -> 'deployment_id', 'rows', v_rows, 'formula_cells', v_formulas, 'columns', (
            select jsonb_agg(jsonb_build_object(
                'name', c.value ->> 'name', 'type', case c.value ->> 'kind' when 'time' then 'timestamp' else c.value ->> 'kind' end,
                'source', coalesce((c.value ->> 'root') || coalesce('.' || (
                    select string_agg(replace(replace(k.key, '\', '\\'), '.', '\.'), '.' order by k.ord)
                    from jsonb_array_elements_text(c.value -> 'path') with ordinality as k (key, ord)
                ), ''), c.value ->> 'name'),
                'unit', case c.value ->> 'name' when 'reaction_time' then 'ms' when 'started_at' then 'RFC 3339, UTC' when 'ended_at' then 'RFC 3339, UTC' end,
                'description', (
                    select col_description(a.attrelid, a.attnum) from pg_attribute as a
                    where a.attrelid = 'public.trial_results'::regclass and a.attname = coalesce(c.value ->> 'root', c.value ->> 'name')
                ),
                'count', v_counts[c.ord], 'missing', v_rows - v_counts[c.ord], 'distinct', v_values[c.ord],
                'min', case when c.value ->> 'kind' = 'time' then to_jsonb(v_least[c.ord]) else to_jsonb(v_least[c.ord]::numeric) end,
                'max', case when c.value ->> 'kind' = 'time' then to_jsonb(v_most[c.ord]) else to_jsonb(v_most[c.ord]::numeric) end) order by c.ord)
            from jsonb_array_elements(p_plan -> 'columns') with ordinality as c (value, ord)
        ));
end;
$$;

comment on function private.export_codebook(jsonb) is
'Codebook of a run''s export: rows, formula_cells and, for each column, source, type, unit, counts, few distinct values, min and max.';
revoke all on function private.export_codebook(jsonb) from public;
grant execute on function private.export_codebook(jsonb) to authenticated, service_role;
