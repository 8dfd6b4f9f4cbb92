-- purpose: a number from a parsed message, in statements about a whole batch.
-- caller: the ingest functions.
-- promise: null for anything that is not a JSON number: one bad item must not break its neighbours.
create or replace function private.json_number(
    p_value jsonb
) returns double precision
language sql
immutable
strict
parallel safe
set search_path = ''
as $$
    select case when jsonb_typeof(p_value) = 'number' then p_value::double precision end;
$$;

comment on function private.json_number(jsonb) is 'The value of a JSON number; null for anything else.';
revoke all on function private.json_number(jsonb) from public;
