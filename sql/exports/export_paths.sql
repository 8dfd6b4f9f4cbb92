-- purpose: the first pass over a run: which places in response and custom_data hold values, and of which JSON types.
-- caller: private.export_plan, as the person who asks.
-- promise: [{root, path, types}]; path [] is the root itself (a response that is no object). Objects are entered down to three keys, below
--   that they are one value, as arrays and empty objects are. A place whose objects are entered has the type enter beside its others.
-- jit off: compiling costs a second, for estimates of jsonb_each that are a thousand times too high.
-- shape: trials are much alike. What p_sample rows hold is taken apart; then only rows that hold something else are, until none is left;
--   the sixth time all that are left.
create or replace function private.export_paths(
    p_company_id uuid,
    p_deployment_id uuid,
    p_entries boolean,
    p_sample int default 1000
) returns jsonb
language plpgsql
stable
security invoker
set search_path = ''
set jit = off
as $$
declare
    v_known jsonb := '[]'::jsonb;
    v_found jsonb;
begin
    for v_round in 1..6 loop
        execute format($sql$
            with trial as materialized (
                select t.response, t.custom_data from public.trial_current as t
                where t.company_id = $1 and t.deployment_id = $2 and ($3 or t.kind = 'trial')%s
                limit %s
            ),

            root as (
                select 'response' as root, t.response as value from trial as t where t.response is not null
                union all
                select 'custom_data', t.custom_data from trial as t where t.custom_data is not null
            ),

            one as (
                select r.root, e.key as key_1, e.value
                from root as r cross join jsonb_each(case when jsonb_typeof(r.value) = 'object' then r.value end) as e
            ),

            two as (
                select o.root, o.key_1, e.key as key_2, e.value
                from one as o cross join jsonb_each(case when jsonb_typeof(o.value) = 'object' then o.value end) as e
            ),

            place as (
                select r.root, '{}'::text[] as path, case when r.value = '{}' then 'empty' when jsonb_typeof(r.value) = 'object' then 'enter' else jsonb_typeof(r.value) end as type
                from root as r
                union
                select o.root, array[o.key_1], case when jsonb_typeof(o.value) = 'object' and o.value <> '{}' then 'enter' else jsonb_typeof(o.value) end
                from one as o
                union
                select w.root, array[w.key_1, w.key_2], case when jsonb_typeof(w.value) = 'object' and w.value <> '{}' then 'enter' else jsonb_typeof(w.value) end
                from two as w
                union
                select w.root, array[w.key_1, w.key_2, e.key], jsonb_typeof(e.value)
                from two as w cross join jsonb_each(case when jsonb_typeof(w.value) = 'object' then w.value end) as e
            )

            select jsonb_agg(to_jsonb(f)) from (select p.root, p.path, array_agg(p.type) as types from place as p group by p.root, p.path) as f
            $sql$,
            case when v_round > 1 then format(
                ' and not (%s and %s)', private.export_expected(v_known, 't.response', 'response'),
                private.export_expected(v_known, 't.custom_data', 'custom_data')) end,
            case when v_round < 6 then p_sample::text else 'all' end)
        into v_found
        using p_company_id, p_deployment_id, p_entries;
        exit when v_found is null;
        select jsonb_agg(to_jsonb(m))
        into v_known
        from (
            select k ->> 'root' as root, k -> 'path' as path, jsonb_agg(distinct y.type) as types
            from jsonb_array_elements(v_known || v_found) as k
            cross join jsonb_array_elements_text(k -> 'types') as y (type)
            group by k ->> 'root', k -> 'path'
        ) as m;
    end loop;
    return v_known;
end;
$$;

comment on function private.export_paths(uuid, uuid, boolean, int) is
'Places in response and custom_data of a run''s trials: [{root, path, types}].';
revoke all on function private.export_paths(uuid, uuid, boolean, int) from public;
grant execute on function private.export_paths(uuid, uuid, boolean, int) to authenticated, service_role;
