-- purpose: which number columns hold whole numbers only, for a file format that has integers.
-- caller: the gateway, for Parquet.
-- promise: one boolean a column of the plan; true where every number is whole and fits eight bytes. The fixed columns have types of their own.
create or replace function private.export_whole(
    p_plan jsonb
) returns boolean[]
language plpgsql
stable
security invoker
set search_path = ''
set jit = off
as $$
-- Dynamic by nature; every key and id in the statement was quoted by %L where it was put in (private.export_statement).
-- @plpgsql_check_options: security_warnings = false
declare
    v_whole boolean[];
    v_select text;
begin
    select format(
        'select array[%s] from (%s) as s (%s)',
        string_agg(case when c.value ->> 'kind' = 'number' and c.ord > 5 then format(
            'coalesce(bool_and(c%1$s::numeric = trunc(c%1$s::numeric) and abs(c%1$s::numeric) <= 9223372036854775807), false)', c.ord)
        else 'false' end, ', ' order by c.ord),
        private.export_statement(p_plan, 'cells'), string_agg('c' || c.ord, ', ' order by c.ord))
    into v_select
    from jsonb_array_elements(p_plan -> 'columns') with ordinality as c (value, ord);
    execute v_select into v_whole;
    return coalesce(v_whole, array_fill(false, array[jsonb_array_length(p_plan -> 'columns')]));
end;
$$;

comment on function private.export_whole(jsonb) is 'For each column of the plan: whether it holds whole numbers of at most eight bytes only.';
revoke all on function private.export_whole(jsonb) from public;
grant execute on function private.export_whole(jsonb) to authenticated, service_role;
