-- The list of alerts among very many that are over: by key, from an index of the open ones.
begin;
\ir camera_world.psql
\ir fixtures/people.psql
select no_plan();
insert into device_alerts (company_id, alert_type, severity, status, subject_id, device_id, message, first_seen_at, last_seen_at, resolved_at)
select 'a0000000-0000-4000-8000-000000000001', 'low_battery', 'warning', case when n % 100 = 0 then 'open' else 'resolved' end, private.new_id(),
    'a0000000-0000-4000-8000-0000000000c1', 'x', t.at, t.at, case when n % 100 > 0 then t.at end
from generate_series(1, 6000) as n, lateral (select '2026-01-01'::timestamptz + make_interval(mins => n) as at) as t;
analyze device_alerts;
create function pg_temp.plan_of(p_query text) returns text language plpgsql as $$
declare
    v_line text;
    v_plan text := '';
begin
    for v_line in execute 'explain (analyze, costs off, timing off, summary off) ' || p_query loop
        v_plan := v_plan || v_line || e'\n';
    end loop;
    return v_plan;
end $$;
select pg_temp.act_as('viewer@alpha.test');
set local role authenticated;
create temporary table plan as
select pg_temp.plan_of($$ select * from device_alerts where status <> 'resolved' order by last_seen_at desc, alert_id limit 50 $$) as first,
    pg_temp.plan_of($$ select * from device_alerts where status <> 'resolved' and last_seen_at <= '2026-01-03'
        and (last_seen_at < '2026-01-03' or alert_id > 'a0000000-0000-4000-8000-000000000000') order by last_seen_at desc, alert_id limit 50 $$) as next;
select matches(first, 'device_alerts_unresolved_idx', 'the first page is read from the index of open alerts') from plan;
select doesnt_match(first, 'Sort', 'in its order') from plan;
select matches(next, 'device_alerts_unresolved_idx', 'so is the page after a key') from plan;
select doesnt_match(next, 'Sort', 'in its order, too') from plan;
select matches(first, 'rows=50 loops=1', 'fifty rows are read for fifty') from plan;
select doesnt_match(first || next, 'Filter: .*get_active_company_id', 'no function a row') from plan;
select is((device_page('a0000000-0000-4000-8000-0000000000c1', '2026-03-01Z') -> 'device' ->> 'open_alerts')::int, 60, 'a device counts its open ones');
reset role;
select * from finish();
rollback;
