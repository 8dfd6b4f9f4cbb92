-- purpose: the first pass over a run: which places in response and custom_data hold values, of which JSON types, how many.
-- caller: private.export_plan, as the person who asks.
-- promise: one row a place; path {} is the root itself (a response that is no object). Objects are entered down to three keys, below
--   that they are one value, as arrays and empty objects are. An object that is entered is no value of its own place; where other rows
--   have one there, its type is counted as enter.
-- shape: a level is looked at only when the one above it held objects, which spares the usual, flat run two scans.
create or replace function private.export_paths(
    p_company_id uuid,
    p_deployment_id uuid,
    p_entries boolean
) returns table (
    root text,
    path text[],
    types jsonb
)
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
    v_root text;
    v_found jsonb;
    v_enter jsonb;
begin
    foreach v_root in array array['response', 'custom_data'] loop
        select jsonb_object_agg(f.type, f.n), (jsonb_object_agg(f.type, f.n)) ->> 'enter'
        into v_found, v_enter
        from (
            select case when v.value = '{}' then 'empty' when jsonb_typeof(v.value) = 'object' then 'enter' else jsonb_typeof(v.value) end as type, count(*) as n
            from public.trial_current as t
            cross join lateral (select case when v_root = 'response' then t.response else t.custom_data end as value) as v
            where t.company_id = p_company_id and t.deployment_id = p_deployment_id and (p_entries or t.kind = 'trial') and v.value is not null
            group by 1
        ) as f;
        if v_found - 'enter' - 'empty' <> '{}' then
            return query select v_root, '{}'::text[], v_found - 'empty';
        end if;
        continue when v_enter is null;

        v_enter := null;
        for root, path, types in
            select v_root, array[f.key], jsonb_object_agg(f.type, f.n)
            from (
                select a.key, case when a.value = '{}' then 'object' when jsonb_typeof(a.value) = 'object' then 'enter' else jsonb_typeof(a.value) end as type, count(*) as n
                from public.trial_current as t
                cross join lateral (select case when v_root = 'response' then t.response else t.custom_data end as value) as v
                cross join jsonb_each(case when jsonb_typeof(v.value) = 'object' then v.value end) as a
                where t.company_id = p_company_id and t.deployment_id = p_deployment_id and (p_entries or t.kind = 'trial')
                group by 1, 2
            ) as f
            group by f.key
        loop
            v_enter := coalesce(types -> 'enter', v_enter);
            if types - 'enter' <> '{}' then
                return next;
            end if;
        end loop;
        continue when v_enter is null;

        v_enter := null;
        for root, path, types in
            select v_root, array[f.key_1, f.key_2], jsonb_object_agg(f.type, f.n)
            from (
                select
                    a.key as key_1, b.key as key_2, count(*) as n,
                    case when b.value = '{}' then 'object' when jsonb_typeof(b.value) = 'object' then 'enter' else jsonb_typeof(b.value) end as type
                from public.trial_current as t
                cross join lateral (select case when v_root = 'response' then t.response else t.custom_data end as value) as v
                cross join jsonb_each(case when jsonb_typeof(v.value) = 'object' then v.value end) as a
                cross join jsonb_each(case when jsonb_typeof(a.value) = 'object' then a.value end) as b
                where t.company_id = p_company_id and t.deployment_id = p_deployment_id and (p_entries or t.kind = 'trial')
                group by 1, 2, 4
            ) as f
            group by f.key_1, f.key_2
        loop
            v_enter := coalesce(types -> 'enter', v_enter);
            if types - 'enter' <> '{}' then
                return next;
            end if;
        end loop;
        continue when v_enter is null;

        return query
        select v_root, array[f.key_1, f.key_2, f.key_3], jsonb_object_agg(f.type, f.n)
        from (
            select a.key as key_1, b.key as key_2, c.key as key_3, jsonb_typeof(c.value) as type, count(*) as n
            from public.trial_current as t
            cross join lateral (select case when v_root = 'response' then t.response else t.custom_data end as value) as v
            cross join jsonb_each(case when jsonb_typeof(v.value) = 'object' then v.value end) as a
            cross join jsonb_each(case when jsonb_typeof(a.value) = 'object' then a.value end) as b
            cross join jsonb_each(case when jsonb_typeof(b.value) = 'object' then b.value end) as c
            where t.company_id = p_company_id and t.deployment_id = p_deployment_id and (p_entries or t.kind = 'trial')
            group by 1, 2, 3, 4
        ) as f
        group by f.key_1, f.key_2, f.key_3;
    end loop;
end;
$$;

comment on function private.export_paths(uuid, uuid, boolean) is
'Places in response and custom_data of a run''s trials: (root, path, {JSON type: how many}).';
revoke all on function private.export_paths(uuid, uuid, boolean) from public;
grant execute on function private.export_paths(uuid, uuid, boolean) to authenticated, service_role;
