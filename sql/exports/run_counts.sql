-- purpose: the counts of a run's stream that only handlers see.
-- caller: private.export_manifest.
-- promise: nothing for a company that is not the caller's active one.
create or replace function private.run_counts(
    p_company_id uuid,
    p_deployment_id uuid,
    p_expected bigint
) returns jsonb
language sql
stable
security definer
set search_path = ''
as $$
    select jsonb_build_object(
        'received', s.received, 'duplicates', s.duplicates, 'conflicts', s.conflicts,
        'gaps', coalesce((select sum(upper(g.missing) - lower(g.missing)) from unnest(m.missing) as g (missing)), 0),
        'missing', coalesce((
            select jsonb_agg(jsonb_build_array(lower(g.missing), upper(g.missing) - 1) order by g.missing)
            from (select g.missing from unnest(m.missing) as g (missing) order by g.missing limit 100) as g
        ), '[]'))
    from private.deployment_streams as s
    cross join lateral (
        select int8multirange(int8range(1, greatest(coalesce(p_expected, 0) + 1, coalesce(upper(s.have), 1)))) - s.have as missing
    ) as m
    where
        s.company_id = p_company_id and s.deployment_id = p_deployment_id
        and (p_company_id = (select public.get_active_company_id()) or (select auth.role()) = 'service_role');
$$;

comment on function private.run_counts(uuid, uuid, bigint) is
'{received, duplicates, conflicts, gaps, missing: [[from, to]…]} of a run; the first hundred gaps are listed.';
revoke all on function private.run_counts(uuid, uuid, bigint) from public;
grant execute on function private.run_counts(uuid, uuid, bigint) to authenticated, service_role;
