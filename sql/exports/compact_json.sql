-- purpose: JSON without the spaces that jsonb writes.
-- caller: cells of exports that hold arrays or deep objects.
-- promise: strings in it are untouched; keys keep jsonb's order, so the same value gives the same text.
create or replace function private.compact_json(
    p_value jsonb
) returns text
language sql
immutable
strict
parallel safe
set search_path = ''
as $$
    select regexp_replace(p_value::text, '("(?:[^"\\]|\\.)*")|([:,]) ', '\1\2', 'g');
$$;

comment on function private.compact_json(jsonb) is 'The text of a JSON value without spaces between its parts.';
revoke all on function private.compact_json(jsonb) from public;
grant execute on function private.compact_json(jsonb) to authenticated, service_role;
