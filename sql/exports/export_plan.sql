-- purpose: the columns of a run's export, in their order: the plan that header, rows and codebook follow.
-- caller: the gateway and export_deployment_csv, as the person who asks.
-- promise: the five fixed columns, then response…, then custom_…, each sorted by codepoint. A dot or a backslash in a key is escaped by a
--   backslash, so that two places never share a name. p_options: {names: short|full, entries, raw}.
-- kind: integer, time, number, boolean, string, null (only nulls), json (arrays, deep objects, or values of several types).
create or replace function private.export_plan(
    p_deployment_id uuid,
    p_options jsonb default '{}'
) returns jsonb
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
    v_begin jsonb := private.export_begin(p_deployment_id);
    v_full boolean := coalesce(p_options ->> 'names', 'short') = 'full';
    v_columns jsonb;
begin
    select jsonb_agg(jsonb_build_object('name', c.name, 'root', c.root, 'path', c.path, 'kind',
        case
            when c.types = '[]' then 'null'
            when jsonb_array_length(c.types) = 1 and c.types ->> 0 in ('string', 'number', 'boolean') then c.types ->> 0
            else 'json'
        end) order by c.root desc, c.name collate "C")
    into v_columns
    from (
        select
            p ->> 'root' as root, p -> 'path' as path, (p -> 'types') - 'null' as types,
            case when v_full then p ->> 'root' else split_part(p ->> 'root', '_', 1) end
            || coalesce('_' || (
                select string_agg(replace(replace(k.key, '\', '\\'), '.', '\.'), '.' order by k.ord)
                from jsonb_array_elements_text(p -> 'path') with ordinality as k (key, ord)
            ), '') as name
        from jsonb_array_elements(private.export_paths(
            (v_begin ->> 'company_id')::uuid, p_deployment_id, coalesce((p_options ->> 'entries')::boolean, false))) as p
        -- a place that is only gone through is no column
        where ((p -> 'types') - 'enter' - 'empty') <> '[]'
    ) as c;
    return v_begin || jsonb_build_object('options', p_options, 'columns', jsonb_build_array(
        jsonb_build_object('name', 'trial_number', 'kind', 'integer'),
        jsonb_build_object('name', 'started_at', 'kind', 'time'),
        jsonb_build_object('name', 'ended_at', 'kind', 'time'),
        jsonb_build_object('name', 'reaction_time', 'kind', 'number'),
        jsonb_build_object('name', 'correct', 'kind', 'boolean')
    ) || coalesce(v_columns, '[]'));
end;
$$;

comment on function private.export_plan(uuid, jsonb) is
'Columns of a run''s export: {company_id, deployment_id, file_stem, options, columns: [{name, root, path, kind}]}. Errors: not_signed_in (401), not_found (404).';
revoke all on function private.export_plan(uuid, jsonb) from public;
grant execute on function private.export_plan(uuid, jsonb) to authenticated, service_role;
