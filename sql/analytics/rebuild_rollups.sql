-- purpose: rollups made anew from payloads.
-- caller: operators, the demo, benchmarks.
-- promise: of the company's site days with p_from <= local date < p_until, all rollups equal a fresh count afterwards; in sets of 500 days, so that
--   memory does not grow. Returns how many days.
create or replace function private.rebuild_rollups(
    p_company_id uuid,
    p_from date,
    p_until date
) returns int
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_set record;
    v_count int := 0;
begin
    perform pg_advisory_xact_lock(hashtextextended('lics.rollups', 0));
    for v_set in
        select array_agg(d.company_id) as company_ids, array_agg(d.session_id) as session_ids
        from (
            select s.company_id, s.session_id, row_number() over (order by s.session_date, s.session_id) as n
            from public.site_device_sessions as s
            where s.company_id = p_company_id and s.session_date >= p_from and s.session_date < p_until
        ) as d
        group by d.n / 500
    loop
        perform private.refresh_rollups(v_set.company_ids, v_set.session_ids);
        v_count := v_count + cardinality(v_set.session_ids);
    end loop;
    return v_count;
end;
$$;

comment on function private.rebuild_rollups(uuid, date, date) is 'Makes the rollups of a company''s site days with p_from <= date < p_until anew; returns how many days.';
revoke all on function private.rebuild_rollups(uuid, date, date) from public;
