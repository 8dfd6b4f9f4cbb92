-- purpose: a condition, as SQL, that is true for a JSON value that holds nothing beyond the places that are known already.
-- caller: private.export_paths, which looks closely at the other rows only; itself, for objects in objects.
-- promise: null is expected. It costs one look at the keys and one at each value's type, a tenth of taking every row apart.
create or replace function private.export_expected(
    p_known jsonb,
    p_value text,
    p_root text,
    p_path text[] default '{}'
) returns text
language plpgsql
immutable
set search_path = ''
as $$
declare
    v_depth int := cardinality(p_path);
    v_types text[] := array(
        select distinct y.type
        from jsonb_array_elements(p_known) as k
        cross join jsonb_array_elements_text(k -> 'types') as y (type)
        where k ->> 'root' = p_root and k -> 'path' = to_jsonb(p_path)
    );
    v_keys text[];
    v_below text;
begin
    if v_depth = 3 or v_depth > 0 and not 'enter' = any (v_types) then
        -- above depth 3 an empty object is a value, a full one brings columns
        return format('coalesce(jsonb_typeof(%1$s) = any (%2$L)', p_value, v_types)
            || case when v_depth < 3 and 'object' = any (v_types) then format(' and (jsonb_typeof(%1$s) <> ''object'' or %1$s = ''{}'')', p_value) else '' end
            || ', true)';
    end if;
    select array_agg(c.key), string_agg(private.export_expected(p_known, format('(%s -> %L)', p_value, c.key), p_root, p_path || c.key), ' and ')
    into v_keys, v_below
    from (
        select distinct k -> 'path' ->> v_depth as key
        from jsonb_array_elements(p_known) as k
        where
            k ->> 'root' = p_root and jsonb_array_length(k -> 'path') = v_depth + 1
            and (v_depth = 0 or (k -> 'path') - v_depth = to_jsonb(p_path))
    ) as c;
    return format(
        '(case jsonb_typeof(%1$s) when ''object'' then %1$s - %2$L::text[] = ''{}'' and (%4$L or %1$s <> ''{}'')%5$s '
        'else %1$s is null or jsonb_typeof(%1$s) = any (%3$L) end)',
        p_value, coalesce(v_keys, '{}'), v_types, v_depth = 0 or 'object' = any (v_types), coalesce(' and ' || v_below, ''));
end;
$$;

comment on function private.export_expected(jsonb, text, text, text[]) is
'SQL that tells whether a JSON value holds only known places with known types.';
revoke all on function private.export_expected(jsonb, text, text, text[]) from public;
grant execute on function private.export_expected(jsonb, text, text, text[]) to authenticated, service_role;
