-- purpose: one field of a CSV line, quoted as COPY quotes.
-- caller: the header of every export; the rows of export_deployment_csv. Long exports are quoted by COPY itself.
-- promise: null is empty, an empty string is "".
create or replace function private.csv_field(
    p_value text
) returns text
language sql
immutable
parallel safe
set search_path = ''
as $$
    select case when p_value = '' or p_value ~ '[",\r\n]' then '"' || replace(p_value, '"', '""') || '"' else coalesce(p_value, '') end;
$$;

comment on function private.csv_field(text) is 'A field as RFC 4180 wants it; null is empty, an empty string is "".';
revoke all on function private.csv_field(text) from public;
grant execute on function private.csv_field(text) to authenticated, service_role;
