-- purpose: a JSON number in its shortest form that reads back as the same value.
-- caller: cells of exports; the statement of an export does the usual numbers by itself.
-- promise: no digit is lost: what a double does not hold exactly as written stays as written. Very large and very small ones get an exponent.
create or replace function private.export_number(
    p_value numeric
) returns text
language sql
immutable
strict
parallel safe
set search_path = ''
as $$
    select
        case
            when p_value = 0 or abs(p_value) >= 0.0001 and abs(p_value) < 1e21 then trim_scale(p_value)::text
            when abs(p_value) < 2.3e-308 or abs(p_value) > 1.79e308 then trim_scale(p_value)::text
            when p_value::double precision::text::numeric = p_value then p_value::double precision::text
            else trim_scale(p_value)::text
        end;
$$;

comment on function private.export_number(numeric) is 'Shortest text of a number that reads back as the same value.';
revoke all on function private.export_number(numeric) from public;
grant execute on function private.export_number(numeric) to authenticated, service_role;
