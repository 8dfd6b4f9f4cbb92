-- purpose: the second pass: the one statement that gives a run's rows as text, made from the plan.
-- caller: the gateway, which puts it into COPY and streams what comes; private.export_findings and export_deployment_csv.
-- promise: rows by trial_number, then seq, then in order of arrival; the newest rev only (trial_current), entries only where the plan says
--   so. Columns of one simple type cost no function call. p_form: cells (a column each, for COPY's own CSV), line (one CSV line a row),
--   jsonl (one JSON text a row). Whoever runs the statement sees what row level security shows them.
-- note: an empty object is a value in an object, but no value of response or custom_data as a whole: it says nothing.
-- note: places are reached by -> alone: #> would take a key such as "0" for an array's index.
create or replace function private.export_statement(
    p_plan jsonb,
    p_form text
) returns text
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
    v_guard boolean := not coalesce((p_plan #>> '{options,raw}')::boolean, false);
    v_time constant text := 'to_char(s.%I at time zone ''UTC'', ''YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'')';
    v_inner text;
    v_cells text;
    v_rows text;
begin
    if p_form in ('cells', 'line') and jsonb_array_length(p_plan -> 'columns') > 1500 then
        perform private.fail('limit_too_large', 'more than 1500 columns: take JSON Lines');
    end if;
    -- seen: the value as the inner query gives it, evaluated once; cell: its text
    select
        string_agg(', ' || c.seen || ' as c' || c.ord, '' order by c.ord) filter (where c.ord > 5),
        case p_form
            when 'cells' then string_agg(c.cell, ', ' order by c.ord)
            when 'line' then 'array_to_string(array[' || string_agg('private.csv_field((' || c.cell || ')::text)', ', ' order by c.ord) || '], '','')'
            else '''{'' || array_to_string(array[' || string_agg(
                format('%L || coalesce(%s, ''null'')', to_json(c.name) || ':', c.json), ', ' order by c.ord) || '], '','') || ''}'''
        end
    into v_inner, v_cells
    from (
        select
            f.ord, f.name,
            case f.kind when 'json' then 't.' || f.value when 'number' then '(t.' || f.text || ')::numeric' else 't.' || f.text end as seen,
            case
                when f.ord = 1 or f.ord = 4 then format('s.%I', f.name)
                when f.ord = 5 then 's.correct::text'
                when f.kind = 'time' then format(v_time, f.name)
                when f.kind = 'number' then format(
                    'case when s.c%1$s = 0 or abs(s.c%1$s) between 0.0001 and 1e20 then trim_scale(s.c%1$s)::text '
                    'else private.export_number(s.c%1$s) end', f.ord)
                when f.kind = 'string' and v_guard then format(
                    'case when left(s.c%1$s, 1) in (''='', ''+'', ''-'', ''@'', e''\t'', e''\r'', e''\n'') and private.is_formula(s.c%1$s) '
                    'then '''''''' || s.c%1$s else s.c%1$s end', f.ord)
                when f.kind = 'json' and f.depth = 0 then format('private.export_cell(nullif(s.c%s, ''{}''), %L, %L)', f.ord, false, v_guard)
                when f.kind = 'json' then format('private.export_cell(s.c%s, %L, %L)', f.ord, f.depth = 3, v_guard)
                else 's.c' || f.ord
            end as cell,
            case
                when f.ord = 1 or f.ord = 4 then format('s.%I::text', f.name)
                when f.ord = 5 then 's.correct::text'
                when f.kind = 'time' then '''"'' || ' || format(v_time, f.name) || ' || ''"'''
                when f.kind = 'json' and f.depth = 0 then format(
                    'private.compact_json(case when jsonb_typeof(%1$s) <> ''object'' then %1$s end)', 's.' || f.value)
                when f.kind = 'json' and f.depth < 3 then format(
                    'private.compact_json(case when jsonb_typeof(%1$s) <> ''object'' or %1$s = ''{}'' then %1$s end)', 's.' || f.value)
                when f.kind = 'json' then 'private.compact_json(s.' || f.value || ')'
                else '(s.' || f.value || ')::text'
            end as json
        from (
            select
                c.ord, c.value ->> 'name' as name, c.value ->> 'kind' as kind, jsonb_array_length(c.value -> 'path') as depth,
                quote_ident(c.value ->> 'root') || k.steps as value,
                quote_ident(c.value ->> 'root') || coalesce(k.steps_text, ' #>> ''{}''') as text
            from jsonb_array_elements(p_plan -> 'columns') with ordinality as c (value, ord)
            cross join lateral (
                select
                    coalesce(string_agg(format(' -> %L', e.key), '' order by e.ord), '') as steps,
                    string_agg(
                        case when e.ord = jsonb_array_length(c.value -> 'path') then format(' ->> %L', e.key) else format(' -> %L', e.key) end,
                        '' order by e.ord) as steps_text
                from jsonb_array_elements_text(c.value -> 'path') with ordinality as e (key, ord)
            ) as k
        ) as f
    ) as c;
    v_rows := format(
        'select t.trial_number, t.seq, t.trial_id, t.started_at, t.ended_at, t.reaction_time, t.correct%s from public.trial_current as t '
        'where t.company_id = %L and t.deployment_id = %L%s order by t.trial_number, t.seq, t.trial_id offset 0',
        case when p_form = 'jsonl' then ', t.response, t.custom_data' else coalesce(v_inner, '') end,
        p_plan ->> 'company_id', p_plan ->> 'deployment_id',
        case when coalesce((p_plan #>> '{options,entries}')::boolean, false) then '' else ' and t.kind = ''trial''' end);
    return format('select %s from (%s) as s order by s.trial_number, s.seq, s.trial_id', v_cells, v_rows);
end;
$$;

comment on function private.export_statement(jsonb, text) is
'The query that gives a run''s rows, made from private.export_plan: cells (a column each), line (CSV) or jsonl. Errors: limit_too_large (400).';
revoke all on function private.export_statement(jsonb, text) from public;
grant execute on function private.export_statement(jsonb, text) to authenticated, service_role;
