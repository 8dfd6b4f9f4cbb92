-- What the clock does to runs: repeated commands, time-outs, backstop, lost rigs, orphans. p_now only.
begin;
set local search_path = public, extensions;
set local client_min_messages = warning;
select plan(52);
\ir fixtures/deploys.psql
-- A heartbeat (or greeting) of rig c1; running: null says nothing, else names of runs.
create function pg_temp.beat(p_s numeric, p_running text[], p_boot text default 'b1', p_kind text default 'heartbeat') returns jsonb
language sql
as $$
    select jsonb_build_object('device_id', pg_temp.id('c1'), 'kind', p_kind, 'status', 'online', 'boot_id', p_boot)
    || case when p_running is null then '{}' else jsonb_build_object('running', (select coalesce(jsonb_agg(pg_temp.run(n)), '[]') from unnest(p_running) as n)) end
$$;
create function pg_temp.beats(p_s numeric, variadic p_beats jsonb[]) returns bigint
language sql
as $$ select count(*) from private.ingest_presence(to_jsonb(p_beats), pg_temp.t(p_s)) $$;
create function pg_temp.running(p_name text, p_s numeric, p_timeout_s int default 7200) returns void
language plpgsql
as $$
begin
    update public.devices set last_seen_at = pg_temp.t(p_s), last_will_at = null where device_id = pg_temp.id('c1');
    perform pg_temp.clear();
    perform pg_temp.deploy(p_name, 'c1', p_s, p_timeout_s);
    perform pg_temp.report(p_name, 'ack', p_s);
    perform pg_temp.report(p_name, 'running', p_s, '{"boot_id": "b1"}');
end;
$$;

-- a command that nobody answers
select pg_temp.deploy('silent');
select is(private.due_rig_commands(pg_temp.t(14)), '{"expired": 0, "repeated": 0}', 'not before 15 s');
select is(private.due_rig_commands(pg_temp.t(15)), '{"expired": 0, "repeated": 1}', 'again at 15 s');
select is(private.due_rig_commands(pg_temp.t(16)), '{"expired": 0, "repeated": 0}', 'once');
select private.due_rig_commands(pg_temp.t(30));
select is(private.due_rig_commands(pg_temp.t(45)), '{"expired": 0, "repeated": 1}', 'at 30 and 45 s');
select is(private.due_rig_commands(pg_temp.t(59)), '{"expired": 0, "repeated": 0}', 'three times');
select results_eq($$ select count(*), count(distinct m), count(distinct m ->> 'command_id') from pg_temp.messages('c1') as m $$, $$ values (4::bigint, 1::bigint, 1::bigint) $$,
    'four messages, all the same, with one id');
select is(private.due_runs(pg_temp.t(59.9)), '{}', 'it has 60 s');
select is(private.due_runs(pg_temp.t(60)), '{"ack_timeout": 1}', 'then it has failed');
select results_eq($$ select status, reason_code, ended_by, completed_at, acked_at from pg_temp.row('silent') $$, $$ select 'failed', 'ack_timeout', 'server', pg_temp.t(60), null::timestamptz $$, 'ack_timeout');
select bag_eq($$ select source, event, reason_code, applied from deployment_events where deployment_id = pg_temp.run('silent') and source = 'server' $$,
    $$ values ('server', 'failed', 'ack_timeout', true) $$, 'with an event');
select is((select status from device_commands where deployment_id = pg_temp.run('silent')), 'expired', 'its command has expired');
select is((select status from device_alerts where deployment_id = pg_temp.run('silent')), 'open', 'and there is an alert');
select is(private.due_runs(pg_temp.t(61)), '{}', 'once');
select pg_temp.report('silent', 'completed', 100);
select results_eq($$ select status, reason_code from pg_temp.row('silent') $$, $$ values ('completed', null::text) $$, 'the rig knew better');

-- an ack stops the repeats; a rig that asks is as good
select pg_temp.clear();
select pg_temp.deploy('heard', 'c1', 100);
select pg_temp.report('heard', 'ack', 105);
select is(private.due_rig_commands(pg_temp.t(115)), '{"expired": 0, "repeated": 0}', 'an acknowledged command is not repeated');
select is(private.due_runs(pg_temp.t(224)), '{}', 'acknowledged: 120 s to start');
select is(private.due_runs(pg_temp.t(225)), '{"start_timeout": 1}', 'then it has failed');
select results_eq($$ select status, reason_code, ended_by, acked_at, started_at from pg_temp.row('heard') $$, $$ select 'failed', 'start_timeout', 'server', pg_temp.t(105), null::timestamptz $$, 'start_timeout');

-- a stop is repeated too, and closed
select pg_temp.running('halted', 200);
select pg_temp.be('authenticated', 'a2');
select public.cancel_deployment(pg_temp.run('halted'), pg_temp.t(210));
select pg_temp.be('lics_owner');
select is(private.due_rig_commands(pg_temp.t(225)), '{"expired": 0, "repeated": 1}', 'a stop is repeated');
select pg_temp.report('halted', 'ack', 226, jsonb_build_object('details', jsonb_build_object('command_id', (select command_id from device_commands where deployment_id = pg_temp.run('halted') and command = 'stop'))));
select is(private.due_rig_commands(pg_temp.t(240)), '{"expired": 0, "repeated": 0}', 'until it is acknowledged');
select is((select status from device_commands where deployment_id = pg_temp.run('halted') and command = 'stop'), 'acknowledged', 'as it now is');
select pg_temp.report('halted', 'cancelled', 250);
select is((select array_agg(distinct status) from device_commands where deployment_id = pg_temp.run('halted')), array['done'], 'the end finishes both commands');
select pg_temp.clear();
select pg_temp.deploy('late', 'c1', 300);
select count(*) from private.claim_outbox(10, '1 s', pg_temp.t(300));
select pg_temp.be('authenticated', 'a2');
select public.cancel_deployment(pg_temp.run('late'), pg_temp.t(301));
select pg_temp.be('lics_owner');
select is(private.due_rig_commands(pg_temp.t(901)) ->> 'expired', '1', 'a stop that nobody wants is closed after 10 minutes');

-- out of time, on a rig that is online
select pg_temp.running('long', 1000, 60);
update devices set last_seen_at = pg_temp.t(1179) where device_id = pg_temp.id('c1');
select is(private.due_runs(pg_temp.t(1179)), '{}', 'its time and 120 s');
select is(private.due_runs(pg_temp.t(1180)), '{"server_backstop": 1}', 'then it is out of time');
select results_eq($$ select status, reason_code from pg_temp.row('long') $$, $$ values ('timed_out', 'server_backstop') $$, 'timed_out');

-- on a rig that is gone
select pg_temp.running('gone', 2000, 60);
select private.ingest_presence(jsonb_build_array(jsonb_build_object('device_id', pg_temp.id('c1'), 'kind', 'status', 'status', 'offline')), pg_temp.t(2010));
select is(private.due_runs(pg_temp.t(2200)), '{}', 'offline: the run goes on');
select is((pg_temp.row('gone')).status, 'running', 'and stays running');
select is(private.due_runs(pg_temp.t(2659)), '{}', 'for the rest of its time and 10 minutes');
select is(private.due_runs(pg_temp.t(2660)), '{"heartbeat_lost": 1}', 'then its rig is lost');
select results_eq($$ select status, reason_code from pg_temp.row('gone') $$, $$ values ('failed', 'heartbeat_lost') $$, 'failed');
select pg_temp.report('gone', 'completed', 2700, '{"at": "2026-03-01T10:34:00Z"}');
select results_eq($$ select status, completed_at, ended_by from pg_temp.row('gone') $$, $$ select 'completed', pg_temp.t(2040), 'agent' $$, 'until it tells how it ended');
select is((select status from device_alerts where deployment_id = pg_temp.run('gone')), 'resolved', 'which closes the alert');

-- orphans
select pg_temp.running('orphan', 3000);
select pg_temp.beats(3030, pg_temp.beat(0, '{}'));
select is(private.due_runs(pg_temp.t(3030)), '{}', 'one heartbeat without the run is no proof');
select pg_temp.beats(3060, pg_temp.beat(0, array['orphan']));
select pg_temp.beats(3090, pg_temp.beat(0, '{}'));
select is(private.due_runs(pg_temp.t(3090)), '{}', 'one that names it forgets the count');
select pg_temp.beats(3120, pg_temp.beat(0, null));
select is(private.due_runs(pg_temp.t(3120)), '{}', 'one that names nothing says nothing');
select pg_temp.beats(3150, pg_temp.beat(0, '{}', 'b2'));
select is(private.due_runs(pg_temp.t(3150)), '{}', 'another boot counts from one');
select pg_temp.beats(3160, pg_temp.beat(0, '{}', 'b2', 'status'));
select is(private.due_runs(pg_temp.t(3160)), '{}', 'a greeting is no heartbeat');
select pg_temp.beats(3180, pg_temp.beat(0, '{}', 'b2'));
select is(private.due_runs(pg_temp.t(3180)), '{"host_rebooted": 1}', 'the second of the same boot is; the boot tells why');
select results_eq($$ select status, reason_code, ended_by from pg_temp.row('orphan') $$, $$ values ('failed', 'host_rebooted', 'server') $$, 'failed');
select is((select count(*)::int from private.run_absences), 0, 'nothing is left to count');
select pg_temp.running('restarted', 4000);
select pg_temp.beats(4030, pg_temp.beat(0, '{}'), pg_temp.beat(0, '{}'));
select is(private.due_runs(pg_temp.t(4030)), '{"agent_restarted": 1}', 'two that arrive together; the same boot: the agent restarted');
select pg_temp.running('named', 5000);
select pg_temp.beats(5030, pg_temp.beat(0, '{}'), pg_temp.beat(0, '{}'), pg_temp.beat(0, array['named']));
select is(private.due_runs(pg_temp.t(5030)), '{}', 'the last one names it');
select pg_temp.beats(5060, pg_temp.beat(0, array['named']), pg_temp.beat(0, '{}'));
select is((select heartbeats from private.run_absences), 1, 'only what follows the name counts');
select pg_temp.running('quick', 6000);
select pg_temp.beats(6000, pg_temp.beat(0, '{}'), pg_temp.beat(0, '{}'));
select is(private.due_runs(pg_temp.t(6000)), '{}', 'heartbeats of before the start, in the same transaction, do not count');
select pg_temp.clear();
select pg_temp.deploy('starting', 'c1', 7000 - 7000 + 200);
select pg_temp.report('starting', 'ack', 201);
select pg_temp.beats(210, pg_temp.beat(0, '{}'));
select pg_temp.beats(220, pg_temp.beat(0, '{}'));
select is(private.due_runs(pg_temp.t(221)), '{}', 'a run that has not begun is no orphan');

-- all of it in the one job
select pg_temp.clear();
select pg_temp.running('left', 8000, 60);
select pg_temp.deploy('right', 'c2', 200);
select is((select d -> 'due_runs' from private.run_due(pg_temp.t(300)) as d), '{"ack_timeout": 1}', 'run_due calls it');
select is((select (d -> 'due_rig_commands') is not null and not d::text ~ 'error' from private.run_due(pg_temp.t(301)) as d), true, 'and the commands');
select pg_temp.be('edge');
select throws_ok($$ select private.due_runs() $$, '42501', null, 'handlers call run_due only');

-- a rig that comes back: no second run slips in
select pg_temp.be('lics_owner');
select pg_temp.running('back', 9000, 60);
select is(private.due_runs(pg_temp.t(9660)), '{"heartbeat_lost": 1}', 'lost by silence as well');
select lives_ok($$ select pg_temp.deploy('next', 'c1', 9000) $$, 'the rig is free again');
select throws_ok($$ update public.experiment_deployments set status = 'running' where deployment_id = pg_temp.run('back') $$, '23505', null, 'and never has two');
select * from finish();
rollback;
