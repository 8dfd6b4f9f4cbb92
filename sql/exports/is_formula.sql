-- purpose: whether a spreadsheet would take a text for a formula.
-- caller: cells of exports; private.export_findings counts by it.
-- promise: true for what begins with = + - @, tab, CR or LF and is not a plain number as a whole. Null is not one.
create or replace function private.is_formula(
    p_text text
) returns boolean
language sql
immutable
parallel safe
set search_path = ''
as $$
    select coalesce(
        left(p_text, 1) in ('=', '+', '-', '@', e'\t', e'\r', e'\n')
        and p_text !~ '^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?$', false);
$$;

comment on function private.is_formula(text) is 'True when a spreadsheet would run the text: it begins with = + - @ TAB CR LF and is no number.';
revoke all on function private.is_formula(text) from public;
grant execute on function private.is_formula(text) to authenticated, service_role;
