-- A run from deploy to its end: what is frozen, what goes to the rig, who may fetch the script, and stopping it.
begin;
set local search_path = public, extensions;
set local client_min_messages = warning;
select plan(56);
\ir fixtures/deploys.psql

-- deploy
select pg_temp.be('authenticated', 'a2');
insert into made select 'first', public.deploy_experiment(pg_temp.id('e1'), pg_temp.id('c1'), '{"participant": "M7"}', ' M7 ', 600, p_now => pg_temp.t());
select is(current_setting('response.status', true), '202', 'deploy answers 202');
select pg_temp.be('lics_owner');
select results_eq($$ select value ->> 'status', value ->> 'subject_id', value ->> 'timeout_s', value ? 'python_code' from made $$,
    $$ values ('pending', 'M7', '600', false) $$, 'and the run, without its script');
select results_eq($$ select status, python_code, script_sha256, experiment_version, params, subject_id, timeout_s, created_by, deployed_at from pg_temp.row('first') $$,
    $$ select 'pending', 'print(1)', encode(sha256('print(1)'), 'hex'), 1, '{"participant": "M7"}'::jsonb, 'M7', 600, pg_temp.id('a2'), pg_temp.t() $$, 'all of it is frozen in the row');
select bag_eq($$ select source, event, applied from deployment_events where deployment_id = pg_temp.run('first') $$, $$ values ('user', 'deployed', true) $$, 'an event tells who deployed');
select results_eq($$ select command, status, deployment_id, expires_at, requested_by from device_commands where device_id = pg_temp.id('c1') $$,
    $$ select 'run', 'queued', pg_temp.run('first'), pg_temp.t(60), pg_temp.id('a2') $$, 'a command with the run');
select is((select m from pg_temp.messages('c1') as m), jsonb_build_object(
    'action', 'run', 'experiment_id', pg_temp.id('e1'), 'deployment_id', pg_temp.run('first'),
    'command_id', (select command_id from device_commands where device_id = pg_temp.id('c1')), 'issued_at', '2026-03-01T10:00:00.000Z',
    'expires_at', '2026-03-01T10:01:00.000Z', 'script_sha256', encode(sha256('print(1)'), 'hex'), 'timeout_s', 600), 'and the wire''s message, in the same transaction');
update experiments set python_code = 'print(2)', version = 2 where experiment_id = pg_temp.id('e1');
select is((pg_temp.row('first')).python_code, 'print(1)', 'a later script does not reach it');
update experiments set python_code = 'print(1)', version = 1 where experiment_id = pg_temp.id('e1');

-- the publisher
select pg_temp.be('edge');
select private.mark_published((select array_agg(o.outbox_id) from private.claim_outbox(10, '10 s', pg_temp.t(1)) as o), pg_temp.t(1));
select pg_temp.be('lics_owner');
select results_eq($$ select status, published_at from device_commands where device_id = pg_temp.id('c1') $$, $$ select 'published', pg_temp.t(1) $$, 'the command knows when it was published');

-- what the rig asks for
select pg_temp.be('device', 'c1');
insert into made select 'work', public.pending_work(pg_temp.t(5));
insert into made select 'claim', public.claim_deployment(pg_temp.run('first'));
select is((select value from made where name = 'claim') - 'server_time' - 'deployed_at', jsonb_build_object(
    'deployment_id', pg_temp.run('first'), 'experiment_id', pg_temp.id('e1'), 'experiment_version', 1, 'experiment_name', 'Test', 'python_code', 'print(1)',
    'script_sha256', encode(sha256('print(1)'), 'hex'), 'params', '{"participant": "M7"}'::jsonb, 'subject_id', 'M7', 'files', '[]'::jsonb, 'timeout_s', 600, 'status', 'pending',
    'cancel_requested_at', null), 'the target rig gets the script');
select is(public.claim_deployment(p_experiment_id => pg_temp.id('e1')) ->> 'deployment_id', pg_temp.run('first')::text, 'the seed''s form finds the run by its experiment');
select throws_ok($$ select public.claim_deployment(pg_temp.run('first'), pg_temp.id('e3')) $$, 'L0003', null, 'both ids must fit');
select throws_ok($$ select public.claim_deployment() $$, 'L0003', null, 'no id: the same answer');
select throws_ok($$ select public.claim_deployment(pg_temp.id('d1')) $$, 'L0003', null, 'an ended run: the same answer');
select throws_ok($$ select public.claim_deployment(pg_temp.id('99')) $$, 'L0003', null, 'an unknown id: the same answer');
select pg_temp.be('device', 'c2');
select throws_ok($$ select public.claim_deployment(pg_temp.run('first')) $$, 'L0003', null, 'another rig of the company: the same answer');
select throws_ok($$ select public.claim_deployment(p_experiment_id => pg_temp.id('e1')) $$, 'L0003', null, 'also by experiment');
select is(public.pending_work() -> 'commands', '[]', 'and it sees nothing to do');
select pg_temp.be('device', 'c3');
select throws_ok($$ select public.claim_deployment(pg_temp.run('first')) $$, 'L0003', null, 'a rig of another company: the same answer');
select pg_temp.be('authenticated', 'a1');
select throws_ok($$ select public.claim_deployment(pg_temp.run('first')) $$, '42501', null, 'people have other routes');
select throws_ok($$ select public.pending_work() $$, '42501', null, 'for both');
select pg_temp.be('device', 'c1');
select throws_ok($$ select public.deploy_experiment(pg_temp.id('e1'), pg_temp.id('c1')) $$, '42501', null, 'and a rig''s token deploys nothing');
select throws_ok($$ select public.cancel_deployment(pg_temp.run('first')) $$, '42501', null, 'nor cancels');
select pg_temp.be('lics_owner');
select is((select value -> 'commands' from made where name = 'work'), (select jsonb_agg(m) from pg_temp.messages('c1') as m), 'pending_work has the message of the topic');
select is((select value -> 'runs' from made where name = 'work'), '[]', 'no run is acknowledged yet');

-- its life
select pg_temp.report('first', 'ack', 6, jsonb_build_object('details', jsonb_build_object('command_id', (select command_id from device_commands where device_id = pg_temp.id('c1')))));
select is((select status from device_commands where device_id = pg_temp.id('c1')), 'acknowledged', 'the ack acknowledges the command');
select pg_temp.be('device', 'c1');
update made set value = public.pending_work(pg_temp.t(7)) where name = 'work';
select is(public.claim_deployment(pg_temp.run('first')) ->> 'status', 'acked', 'claiming again is allowed');
select pg_temp.be('lics_owner');
select results_eq($$ select value -> 'commands', value #>> '{runs,0,status}', value #> '{runs,0,cancel_requested_at}' from made where name = 'work' $$,
    $$ values ('[]'::jsonb, 'acked', 'null'::jsonb) $$, 'the command is no work any more, the run is listed');
select pg_temp.report('first', 'running', 8);
select pg_temp.be('device', 'c1');
select lives_ok($$ select public.claim_deployment(pg_temp.run('first')) $$, 'a seeds-only agent says running before it fetches');
select pg_temp.be('lics_owner');
select pg_temp.report('first', 'completed', 20, '{"details": {"end": {"entries": 0, "final_seq": 0, "loops_unfinished": []}}}');
select results_eq($$ select status, completeness, acked_at, started_at, completed_at, ended_by from pg_temp.row('first') $$,
    $$ select 'completed', 'complete', pg_temp.t(6), pg_temp.t(8), pg_temp.t(20), 'agent' $$, 'completed');
select results_eq($$ select status, finished_at from device_commands where device_id = pg_temp.id('c1') $$, $$ select 'done', pg_temp.t(20) $$, 'its command is done');
select is((select count(*)::int from device_alerts where deployment_id = pg_temp.run('first')), 0, 'no alert');
select pg_temp.be('device', 'c1');
select throws_ok($$ select public.claim_deployment(pg_temp.run('first')) $$, 'L0003', null, 'the script of an ended run is gone');
select pg_temp.be('lics_owner');

-- stop before the command went out
select pg_temp.clear();
select pg_temp.deploy('unsent', 'c1', 100);
select pg_temp.be('authenticated', 'a2');
select is(public.cancel_deployment(pg_temp.run('unsent'), pg_temp.t(101)) ->> 'status', 'cancelled', 'pending: cancelled at once');
select pg_temp.be('lics_owner');
select results_eq($$ select reason_code, ended_by, completed_at, started_at from pg_temp.row('unsent') $$, $$ select 'operator', 'user', pg_temp.t(101), null::timestamptz $$, 'by a person');
select is((select count(*)::int from private.claim_outbox(10, '10 s', pg_temp.t(101))), 0, 'the run message was taken back, and no stop is needed');
select is((select array_agg(status) from device_commands where deployment_id = pg_temp.run('unsent')), array['superseded'], 'its command is superseded');
select pg_temp.be('authenticated', 'a2');
select throws_matching($$ select public.cancel_deployment(pg_temp.run('unsent')) $$, 'deployment_ended', 'again: it has ended');
select pg_temp.be('lics_owner');

-- stop after it went out
select pg_temp.clear();
select pg_temp.deploy('sent', 'c1', 200);
select count(*) from private.claim_outbox(10, '10 s', pg_temp.t(200));
select pg_temp.be('authenticated', 'a2');
select public.cancel_deployment(pg_temp.run('sent'), pg_temp.t(201));
select pg_temp.be('lics_owner');
select is((select array_agg(m ->> 'action') from pg_temp.messages('c1') as m), array['run', 'stop'], 'a command that may have arrived is followed by a stop');
select pg_temp.report('sent', 'running', 202);
select results_eq($$ select status, started_at from pg_temp.row('sent') $$, $$ values ('cancelled', null::timestamptz) $$, 'a rig that started all the same reopens nothing');
select pg_temp.be('device', 'c1');
select throws_ok($$ select public.claim_deployment(pg_temp.run('sent')) $$, 'L0003', null, 'and gets no script');
select is(public.pending_work(pg_temp.t(210)) #>> '{commands,0,action}', 'stop', 'the stop is work until it is acknowledged');
select pg_temp.be('lics_owner');

-- stop while it runs
select pg_temp.clear();
select pg_temp.deploy('stopped', 'c1', 300);
select pg_temp.report('stopped', 'ack', 301);
select pg_temp.report('stopped', 'running', 302);
select pg_temp.be('authenticated', 'a2');
select results_eq($$ select c ->> 'status', (c ->> 'cancel_requested_at')::timestamptz from public.cancel_deployment(pg_temp.run('stopped'), pg_temp.t(303)) as c $$,
    $$ select 'running', pg_temp.t(303) $$, 'running: a flag');
select lives_ok($$ select public.cancel_deployment(pg_temp.run('stopped'), pg_temp.t(304)) $$, 'again is fine');
select pg_temp.be('lics_owner');
select is((select jsonb_agg(m - 'command_id') from pg_temp.messages('c1') as m where m ->> 'action' = 'stop'), jsonb_build_array(jsonb_build_object(
    'action', 'stop', 'deployment_id', pg_temp.run('stopped'), 'grace_s', 10, 'reason', 'operator')), 'and one stop, once');
select bag_eq($$ select source, event, applied from deployment_events where deployment_id = pg_temp.run('stopped') and source = 'user' $$,
    $$ values ('user', 'deployed', true), ('user', 'cancel_requested', true) $$, 'with its event');
select pg_temp.report('stopped', 'ack', 305, jsonb_build_object('accepted', false, 'details', jsonb_build_object(
    'command_id', (select command_id from device_commands where deployment_id = pg_temp.run('stopped') and command = 'stop'))));
select results_eq($$ select (pg_temp.row('stopped')).status, status from device_commands where deployment_id = pg_temp.run('stopped') and command = 'stop' $$,
    $$ values ('running', 'failed') $$, 'a refused stop is about the stop, not about the run');
select is((select array_agg(event || ' ' || applied) from deployment_events where deployment_id = pg_temp.run('stopped') and event = 'stop'), array['stop false'], 'and is an event');
select pg_temp.be('device', 'c1');
select ok(public.pending_work(pg_temp.t(306)) #>> '{runs,0,cancel_requested_at}' is not null, 'the rig still sees that the run is to be stopped');
select pg_temp.be('lics_owner');
select pg_temp.report('stopped', 'cancelled', 310, '{"reason_code": "operator"}');
select results_eq($$ select status, reason_code, ended_by from pg_temp.row('stopped') $$, $$ values ('cancelled', 'operator', 'agent') $$, 'the rig''s report ends it');
select pg_temp.clear();
select pg_temp.deploy('acked', 'c1', 400);
select pg_temp.report('acked', 'ack', 401);
select pg_temp.be('authenticated', 'a2');
select public.cancel_deployment(pg_temp.run('acked'), pg_temp.t(402));
select pg_temp.be('lics_owner');
select results_eq($$ select status, cancel_requested_at from pg_temp.row('acked') $$, $$ select 'acked', pg_temp.t(402) $$, 'acked: a flag too');
select pg_temp.report('acked', 'cancelled', 403);
select results_eq($$ select status, started_at from pg_temp.row('acked') $$, $$ values ('cancelled', null::timestamptz) $$, 'a run stopped before it began never started');

-- who may stop, and what
select pg_temp.deploy('theirs', 'c1', 500);
select pg_temp.be('authenticated', 'a3');
select throws_ok($$ select public.cancel_deployment(pg_temp.run('theirs')) $$, 'L0002', null, 'a viewer stops nothing');
select pg_temp.be('authenticated', 'b1');
select throws_ok($$ select public.cancel_deployment(pg_temp.run('theirs')) $$, 'L0003', null, 'another company sees no such run');
select throws_ok($$ select public.cancel_deployment(pg_temp.id('99')) $$, 'L0003', null, 'as if it did not exist');
select pg_temp.be('authenticated', 'a2');
select throws_ok($$ select public.cancel_deployment(pg_temp.id('d1')) $$, 'L0404', null, 'an ended run cannot be stopped');
select set_config('request.method', 'POST', true);
select throws_like($$ select public.cancel_deployment(pg_temp.id('d1')) $$, '%"details"%status%completed%', 'and the answer tells its state');
select * from finish();
rollback;
