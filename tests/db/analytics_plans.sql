-- How the screens reach their rows: by indexes, through rollups, the company asked once a statement.
begin;
\ir camera_world.psql
select no_plan();
insert into auth.users (id, email) values ('a0000000-0000-4000-8000-0000000000a1', 'plans@alpha.example');
insert into users (user_id, company_id, email, role) values
('a0000000-0000-4000-8000-0000000000a1', 'a0000000-0000-4000-8000-000000000001', 'plans@alpha.example', 'viewer');
select fn_midnight_session_opener_all('2026-02-10 05:00:10Z');
select pg_temp.meta('2026-02-10 13:00Z', null, '{}');
select private.due_rollups('2026-02-10 13:00:01Z');

-- What a call reads, counted in rows, before and after the company grows by 50 sites and 1,500 site days.
create temporary table touched (size text, call text, read bigint, payloads bigint);
grant insert on touched to authenticated;
create function pg_temp.tally(p_size text, p_call text) returns void language plpgsql as $$
declare
    v_sum constant text := $q$ select sum(seq_tup_read + coalesce(idx_tup_fetch, 0)),
        sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) filter (where relname = 'device_wake_payloads')
        from pg_stat_xact_user_tables where schemaname in ('public', 'private') $q$;
    v_read_before bigint;
    v_payloads_before bigint;
    v_read bigint;
    v_payloads bigint;
begin
    execute p_call; -- the first one also reads what a session keeps
    execute v_sum into v_read_before, v_payloads_before;
    execute p_call;
    execute v_sum into v_read, v_payloads;
    insert into touched values (p_size, p_call, v_read - v_read_before, v_payloads - v_payloads_before);
end $$;
create temporary view calls as select c from unnest(array[
    $$ select today(20, null, null, '2026-02-10 14:00Z') $$,
    $$ select site_day('a0000000-0000-4000-8000-000000000010', '2026-02-10', '2026-02-10 14:00Z') $$,
    $$ select device_trend('a0000000-0000-4000-8000-0000000000c1', 30, '2026-02-10 14:00Z') $$,
    $$ select site_daily_summary('a0000000-0000-4000-8000-000000000010', 30, '2026-02-10 14:00Z') $$,
    $$ select program_comparison(30, '2026-02-10 14:00Z') $$,
    $$ select program_trend('a0000000-0000-4000-8000-000000000002', 30, '2026-02-10 14:00Z') $$,
    $$ select company_trend(30, '2026-02-10 14:00Z') $$,
    $$ select devices_page(3, p_now => '2026-02-10 14:00Z') $$,
    $$ select device_page('a0000000-0000-4000-8000-0000000000c1', '2026-02-10 14:00Z') $$,
    $$ select explain_session(session_id) from public.site_device_sessions where site_id = 'a0000000-0000-4000-8000-000000000010' and session_date = '2026-02-10' $$]) as c;
grant select on calls to authenticated;
select set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-0000000000a1", "role": "authenticated"}', true);
set local role authenticated;
select pg_temp.tally('small', c) from calls;
reset role;

insert into sites (company_id, program_id, name, timezone)
select 'a0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000002', 'grown ' || n, 'UTC' from generate_series(1, 50) as n;
insert into devices (company_id, device_mac, name, kind, site_id, wake_schedule_cron, mapped_at)
select s.company_id, 'TEST-GROWN-' || right(s.name, -6), s.name, 'camera', s.site_id, '0 * * * *', '2025-01-01' from sites as s where s.name like 'grown%';
with day as (
    insert into site_device_sessions (company_id, program_id, site_id, session_date, timezone, starts_at, ends_at, status, opened_at)
    select s.company_id, s.program_id, s.site_id, d, 'UTC', d::timestamp at time zone 'UTC', (d + 1)::timestamp at time zone 'UTC', 'in_progress', now()
    from sites as s, generate_series(0, 29) as n, lateral (select '2026-02-10'::date - n as d) as k where s.name like 'grown%'
    returning company_id, session_id, site_id, starts_at, ends_at
)
insert into site_session_devices (company_id, session_id, device_id, wake_schedule_cron, expected_wake_count, counts_from, counts_until)
select d.company_id, d.session_id, c.device_id, '0 0 * * *', 1, d.starts_at, d.ends_at from day as d join devices as c on c.company_id = d.company_id and c.site_id = d.site_id;
insert into device_wake_payloads (company_id, program_id, site_id, site_device_session_id, device_id, capture_key, captured_at, wake_window_index, slot_at, payload_status, temperature)
select s.company_id, s.program_id, s.site_id, s.session_id, c.device_id, s.session_date::text, s.starts_at, 1, s.starts_at, 'complete', 20
from site_device_sessions as s join devices as c on c.company_id = s.company_id and c.site_id = s.site_id where s.timezone = 'UTC' and c.name like 'grown%';
select private.rebuild_rollups('a0000000-0000-4000-8000-000000000001', '2025-01-01', '2027-01-01');
analyze sites, devices, site_device_sessions, site_session_devices, device_wake_payloads, device_day_rollups, site_day_rollups, program_day_rollups;
set local role authenticated;
select pg_temp.tally('large', c) from calls;
select is((select count(*) from public.site_day_rollups), 1501::bigint, 'this person sees the rollups of the company');
reset role;
select is((select count(*) from touched where read > 0), 20::bigint, 'all were called, and counted');
select is_empty(
    $$ select l.call, s.read, l.read from touched as s join touched as l on l.call = s.call and l.size = 'large'
       where s.size = 'small' and l.read > s.read + 350 $$,
    'what is read does not grow with the company: a day''s sites for today, a date''s programs for trends');
select is_empty($$ select size, call, payloads from touched where payloads > 20 or (payloads > 0 and call !~ 'site_day\(|explain_session|device_page') $$,
    'only a single day reads payloads, and its own, and a device''s page its newest; trends and today read rollups');

-- The company is a constant of the statement, not a function a row.
create function pg_temp.plan_of(p_query text) returns text language plpgsql as $$
declare
    v_line text;
    v_plan text := '';
begin
    for v_line in execute 'explain (costs off) ' || p_query loop
        v_plan := v_plan || v_line || e'\n';
    end loop;
    return v_plan;
end $$;
set local role authenticated;
select matches(pg_temp.plan_of('select * from public.' || t || ' as r where ' || c), 'company_id = \$0', t || ': the company is asked once')
from (values
    ('device_day_rollups', 'device_id = ''a0000000-0000-4000-8000-0000000000c1'' and rollup_date > ''2026-01-01'''),
    ('site_day_rollups', 'ends_at > ''2026-02-10 14:00Z'''),
    ('program_day_rollups', 'rollup_date > ''2026-01-01''')) as v (t, c);
select doesnt_match(pg_temp.plan_of('select * from public.' || t), 'Filter: .*get_active_company_id', t || ': no function a row')
from unnest(array['device_day_rollups', 'site_day_rollups', 'program_day_rollups']) as t;
reset role;
select * from finish();
rollback;
