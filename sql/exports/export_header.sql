-- purpose: the header line of a CSV export.
-- caller: the gateway and export_deployment_csv.
-- promise: without an end of line; names of columns as the plan has them.
create or replace function private.export_header(
    p_plan jsonb
) returns text
language sql
immutable
set search_path = ''
as $$
    select string_agg(private.csv_field(c.value ->> 'name'), ',' order by c.ord)
    from jsonb_array_elements(p_plan -> 'columns') with ordinality as c (value, ord);
$$;

comment on function private.export_header(jsonb) is 'Header line of the plan''s columns, without an end of line.';
revoke all on function private.export_header(jsonb) from public;
grant execute on function private.export_header(jsonb) to authenticated, service_role;
