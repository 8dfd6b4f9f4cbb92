-- Presence: one predicate, the newest fact counts, and a heartbeat says nothing about runs.
begin;
set local search_path = public, extensions;
set local client_min_messages = warning;
select plan(17);
\ir fixtures/rigs.psql
create function pg_temp.say(p_items jsonb, p_now timestamptz default now()) returns setof text
language sql
as $$ select r.reason from private.ingest_presence(p_items, p_now) as r $$;
create function pg_temp.beat(p_last text, p_kind text, p_status text, p_more jsonb default '{}') returns jsonb
language sql
as $$ select jsonb_build_object('device_id', pg_temp.id(p_last), 'kind', p_kind, 'status', p_status) || p_more $$;
create function pg_temp.shown(p_last text) returns text
language sql
as $$ select d.status from devices as d where d.device_id = pg_temp.id(p_last) $$;

select is(pg_temp.shown('c2'), 'offline', 'never heard: offline');
select is(array(select pg_temp.say(jsonb_build_array(pg_temp.beat('c2', 'heartbeat', 'online', '{"boot_id": "b7", "agent_version": "1.2"}'), pg_temp.beat('99', 'heartbeat', 'online')))),
    array['unknown_device'], 'an unknown device is refused, its neighbour is not');
select is(pg_temp.shown('c2'), 'online', 'a heartbeat: online');
select results_eq($$ select boot_id, agent_version from devices where device_id = pg_temp.id('c2') $$, $$ values ('b7', '1.2') $$, 'with what it says of itself');
select pg_temp.say(jsonb_build_array(pg_temp.beat('c2', 'status', 'offline')));
select is(pg_temp.shown('c2'), 'offline', 'a will: offline');
select is((select boot_id from devices where device_id = pg_temp.id('c2')), 'b7', 'a will without boot_id forgets nothing');
select pg_temp.say(jsonb_build_array(pg_temp.beat('c2', 'status', 'online')));
select is(pg_temp.shown('c2'), 'online', 'back, in the very same instant');
select pg_temp.say(jsonb_build_array(pg_temp.beat('c2', 'heartbeat', 'online'), pg_temp.beat('c2', 'status', 'offline')));
select is(pg_temp.shown('c2'), 'offline', 'in one batch the later message counts: the will');
select pg_temp.say(jsonb_build_array(pg_temp.beat('c2', 'status', 'offline'), pg_temp.beat('c2', 'heartbeat', 'online')));
select is(pg_temp.shown('c2'), 'online', 'or the heartbeat');
select pg_temp.say(jsonb_build_array(pg_temp.beat('c2', 'heartbeat', 'online')), now() - interval '5 minutes');
select is(pg_temp.shown('c2'), 'offline', 'five minutes of silence: offline');

select pg_temp.say(jsonb_build_array(pg_temp.beat('c1', 'heartbeat', 'online')));
select is(pg_temp.shown('c1'), 'running', 'a rig with a running run shows running');
select is((select status from experiment_deployments where deployment_id = pg_temp.id('d1')), 'running', 'and the heartbeat did not touch the run');
select pg_temp.say(jsonb_build_array(pg_temp.beat('c1', 'status', 'offline')));
select results_eq($$ select pg_temp.shown('c1'), status from experiment_deployments where deployment_id = pg_temp.id('d1') $$, $$ values ('offline', 'running') $$,
    'gone: the device is offline, the run stays running');
select private.ingest_trials(jsonb_build_array(pg_temp.trial(1)), now() + interval '1 minute');
select is(pg_temp.shown('c1'), 'offline', 'data alone does not revive a rig after its will');
select pg_temp.say(jsonb_build_array(pg_temp.beat('c3', 'heartbeat', 'online')), now() - interval '4 minutes');
select private.ingest_trials(jsonb_build_array(pg_temp.trial(1, jsonb_build_object('device_id', pg_temp.id('c3'), 'deployment_id', pg_temp.id('d3')))));
select is((select last_seen_at from devices where device_id = pg_temp.id('c3')), now(), 'otherwise data is a sign of life');

select pg_temp.be('authenticated', 'a1');
select is((select count(*)::int from devices as d where d.status = 'online'), 0, 'people compute the status of their own devices');
select pg_temp.be('authenticated', 'b1');
select is((select array_agg(d.status) from devices as d), array['running'], 'and of no other');
select * from finish();
rollback;
