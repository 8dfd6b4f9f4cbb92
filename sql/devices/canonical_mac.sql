-- purpose: the one spelling under which a MAC is stored and compared.
-- caller: registration, mapping, the seed; handlers send MACs that are canonical already.
-- promise: 12 hex digits in upper case, or an id that begins TEST-, SYSTEM: or VIRTUAL: in upper case; null for anything else.
create or replace function private.canonical_mac(
    p_text text
) returns text
language sql
immutable
parallel safe
set search_path = ''
as $$
    select
        case
            when upper(btrim(p_text)) ~ '^(TEST-|SYSTEM:|VIRTUAL:)[^/+#[:space:][:cntrl:]]{1,64}$' then upper(btrim(p_text))
            when upper(translate(p_text, ':- ', '')) ~ '^[0-9A-F]{12}$' then upper(translate(p_text, ':- ', ''))
        end;
$$;

comment on function private.canonical_mac(text) is
'The canonical form of a MAC (12 hex digits, upper case) or of a TEST-, SYSTEM: or VIRTUAL: id; null for anything else.';
revoke all on function private.canonical_mac(text) from public;
grant execute on function private.canonical_mac(text) to authenticated, service_role, edge;
