-- purpose: one cell of a column whose values are of several types, arrays or deep objects.
-- caller: the statement that private.export_statement makes; columns of one simple type do without it.
-- promise: null for null; an object that has columns of its own (p_leaf false, not empty) is no cell; a string that a spreadsheet would
--   run gets a leading apostrophe where p_guard says so, unless it is a plain number.
create or replace function private.export_cell(
    p_value jsonb,
    p_leaf boolean,
    p_guard boolean
) returns text
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
declare
    v_type text := jsonb_typeof(p_value);
begin
    return case
        when v_type in ('array') or v_type = 'object' and (p_leaf or p_value = '{}') then private.compact_json(p_value)
        when v_type = 'object' then null
        when v_type = 'number' then private.export_number(p_value::numeric)
        when v_type = 'string' and p_guard and private.is_formula(p_value #>> '{}') then '''' || (p_value #>> '{}')
        else p_value #>> '{}'
    end;
end;
$$;

comment on function private.export_cell(jsonb, boolean, boolean) is 'Text of a JSON value in a CSV cell; null where it is none.';
revoke all on function private.export_cell(jsonb, boolean, boolean) from public;
grant execute on function private.export_cell(jsonb, boolean, boolean) to authenticated, service_role;
