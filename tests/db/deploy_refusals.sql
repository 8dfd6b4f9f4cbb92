-- Why a deploy is refused, what an Idempotency-Key does, retries; and how experiments are saved.
begin;
set local search_path = public, extensions;
set local client_min_messages = warning;
select plan(51);
\ir fixtures/deploys.psql
create function pg_temp.tries(p_more text default '', p_experiment text default 'e1', p_device text default 'c1') returns text
language sql
as $$ select format('select public.deploy_experiment(%L, %L, p_now => %L %s)', pg_temp.id(p_experiment), pg_temp.id(p_device), pg_temp.t(), p_more) $$;

-- who, and what is visible
select pg_temp.be('authenticated', 'a3');
select throws_ok(pg_temp.tries(), 'L0002', null, 'a viewer deploys nothing');
select pg_temp.be('anon');
select throws_ok(pg_temp.tries(), '42501', null, 'nobody deploys nothing');
select pg_temp.be('authenticated', 'a2');
select throws_ok(pg_temp.tries('', '99'), 'L0003', null, 'no such experiment');
select throws_ok(pg_temp.tries('', 'e2'), 'L0003', null, 'another company''s experiment: the same answer');
select throws_ok(pg_temp.tries('', 'e1', '99'), 'L0003', null, 'no such device');
select throws_ok(pg_temp.tries('', 'e1', 'c3'), 'L0003', null, 'another company''s rig: the same answer');
select throws_ok(pg_temp.tries('', 'e1', 'c4'), 'L0206', null, 'a camera runs nothing');
select throws_ok(pg_temp.tries('', 'e3'), 'L0401', null, 'no script');

-- arguments
select throws_ok(pg_temp.tries(', p_params => ''[]'''), 'L0501', null, 'parameters are an object');
select throws_ok(pg_temp.tries(', p_params => null'), 'L0501', null, 'never null');
select throws_ok(format(pg_temp.tries(', p_params => jsonb_build_object(''a'', repeat(''x'', 70000))')), 'L0501', null, 'of at most 64 KiB');
select throws_ok(pg_temp.tries(', p_timeout_s => 0'), 'L0501', null, 'a time limit above 0');
select throws_ok(pg_temp.tries(', p_timeout_s => 86401'), 'L0501', null, 'of a day at most');
select throws_ok(pg_temp.tries(', p_subject_id => repeat(''x'', 201)'), 'L0501', null, 'a subject of 200 characters');
select throws_ok(pg_temp.tries(format(', p_retry_of => %L', pg_temp.id('d3'))), 'L0003', null, 'a retry of another company''s run');
select throws_ok(pg_temp.tries(format(', p_retry_of => %L', pg_temp.id('99'))), 'L0003', null, 'a retry of nothing');

-- presence: the same predicate as the shown status
select pg_temp.be('lics_owner');
update devices set last_will_at = pg_temp.t(1) where device_id = pg_temp.id('c1');
select pg_temp.be('authenticated', 'a2');
select throws_ok(pg_temp.tries(), 'L0402', null, 'after its will: offline');
select pg_temp.be('lics_owner');
update devices set last_will_at = null, last_seen_at = pg_temp.t(-300) where device_id = pg_temp.id('c1');
select pg_temp.be('authenticated', 'a2');
select throws_ok(pg_temp.tries(), 'L0402', null, 'silent for five minutes: offline');
select pg_temp.be('lics_owner');
update devices set last_seen_at = pg_temp.t(-299) where device_id = pg_temp.id('c1');
select is((select count(*)::int from experiment_deployments where deployed_at >= pg_temp.t()), 0, 'no refusal left a run');
select is((select count(*)::int from device_commands where deployment_id is not null), 0, 'nor a command');

-- busy in each state
select pg_temp.deploy('busy');
select pg_temp.be('authenticated', 'a2');
select throws_ok(pg_temp.tries(), 'L0403', null, 'a pending run: busy');
select pg_temp.be('lics_owner');
select pg_temp.report('busy', 'ack', 1);
select pg_temp.be('authenticated', 'a2');
select throws_ok(pg_temp.tries(), 'L0403', null, 'an acknowledged run: busy');
select pg_temp.be('lics_owner');
select pg_temp.report('busy', 'running', 2);
select pg_temp.be('authenticated', 'a2');
select set_config('request.method', 'POST', true);
select throws_like(pg_temp.tries(), '%device_busy%', 'a running run: busy');
select throws_like(pg_temp.tries(), '%running%' || pg_temp.run('busy') || '%', 'and the answer tells which, and its state');
select set_config('request.method', '', true);
select lives_ok(pg_temp.tries('', 'e1', 'c2'), 'another rig is free');
select pg_temp.be('lics_owner');
select pg_temp.report('busy', 'failed', 3, '{"reason_code": "nonzero_exit"}');
select pg_temp.be('authenticated', 'a2');
select is(public.deploy_experiment(pg_temp.id('e1'), pg_temp.id('c1'), p_retry_of => pg_temp.run('busy'), p_now => pg_temp.t(4)) ->> 'retry_of',
    pg_temp.run('busy')::text, 'a retry is a new run that names the old one');

-- Idempotency-Key
select pg_temp.be('lics_owner');
select pg_temp.clear();
select set_config('request.headers', '{"idempotency-key": "k1"}', true);
select pg_temp.deploy('k1', 'c1', 10);
select is(pg_temp.deploy('again', 'c1', 11), pg_temp.run('k1'), 'the same key: the same run, though the rig is busy');
select is((select count(*)::int from pg_temp.messages('c1')), 1, 'and one command');
select pg_temp.report('k1', 'completed', 12);
select is(pg_temp.deploy('again', 'c1', 86409), pg_temp.run('k1'), 'for 24 hours, also after its end');
select is((select value ->> 'status' from made where name = 'again'), 'completed', 'with its present state');
update devices set last_seen_at = pg_temp.t(86411) where device_id = pg_temp.id('c1');
select isnt(pg_temp.deploy('later', 'c1', 86411), pg_temp.run('k1'), 'then it is a new run');
select is((select count(*)::int from experiment_deployments where idempotency_key = 'k1'), 1, 'and the key is the new run''s');
select pg_temp.clear();
select set_config('request.headers', '{"idempotency-key": " "}', true);
select isnt(pg_temp.deploy('blank', 'c1', 86420), null, 'an empty key is none');
select set_config('request.headers', jsonb_build_object('idempotency-key', repeat('k', 256))::text, true);
select pg_temp.be('authenticated', 'a2');
select throws_ok(pg_temp.tries(), 'L0501', null, 'an endless key is refused');
select set_config('request.headers', '', true);
select pg_temp.be('lics_owner');
update experiments set archived_at = now() where experiment_id = pg_temp.id('e1');
select pg_temp.clear();
select pg_temp.be('authenticated', 'a2');
select throws_ok(pg_temp.tries(), 'L0003', null, 'an archived experiment is not deployed');

-- experiments
insert into made select 'exp', public.save_experiment('  Stroop ', 'words', 'print(1)');
select results_eq($$ select value ->> 'name', value ->> 'version', value ->> 'script_sha256', value ? 'python_code', value ->> 'compile_status' from made where name = 'exp' $$,
    $$ values ('Stroop', '1', encode(sha256('print(1)'), 'hex'), false, null::text) $$, 'a new experiment');
create function pg_temp.save(p_more text) returns jsonb
language plpgsql
as $$
declare v jsonb;
begin
    execute format('select public.save_experiment(p_experiment_id => %L, %s)', (select value ->> 'experiment_id' from made where name = 'exp'), p_more) into v;
    return v;
end;
$$;
select results_eq($$ select s ->> 'version', s ->> 'name', s ->> 'description' from pg_temp.save('p_name => ''S2''') as s $$, $$ values ('1', 'S2', 'words') $$, 'a new name is no new version');
select is(pg_temp.save('p_python_code => ''print(1)''') ->> 'version', '1', 'nor is the same script');
select is(pg_temp.save('p_python_code => ''print(2)''') ->> 'version', '2', 'another script is');
select results_eq($$ select s ->> 'version', s ->> 'source_kind', s ->> 'compile_status', s -> 'script_sha256', s ->> 'source_sha256' from pg_temp.save('p_source_text => ''<x/>''') as s $$,
    $$ values ('3', 'psyexp', 'pending', 'null'::jsonb, encode(sha256('<x/>'), 'hex')) $$, 'a .psyexp waits for its compiler, without a script');
select is(pg_temp.save('p_source_text => ''<x/>''') ->> 'version', '3', 'the same file again changes nothing');
select is(pg_temp.save('p_python_code => ''print(1)''') ->> 'source_kind', 'py', 'and back to a script');
select ok(pg_temp.save('p_archived => true') ->> 'archived_at' is not null, 'archived');
select ok(pg_temp.save('p_archived => false') ->> 'archived_at' is null, 'and back');
select throws_ok($$ select public.save_experiment() $$, 'L0501', null, 'a name is needed');
select throws_ok($$ select public.save_experiment('x', null, repeat('x', 1048577)) $$, 'L0501', null, 'a script of 1 MiB at most');
select throws_ok($$ select public.save_experiment('x', null, 'print(1)', null, 'psyexp') $$, 'L0501', null, 'a script is no .psyexp');
select throws_ok($$ select public.save_experiment('x', null, ' ') $$, 'L0501', null, 'an empty script is none');
select throws_ok($$ select public.save_experiment('x', p_experiment_id => pg_temp.id('e2')) $$, 'L0003', null, 'another company''s experiment');
select throws_ok($$ update public.experiments set python_code = 'x' where experiment_id = pg_temp.id('e1') $$, '42501', null, 'nobody changes a script past the version');
select pg_temp.be('authenticated', 'a3');
select throws_ok($$ select public.save_experiment('x') $$, 'L0002', null, 'viewers save nothing');
select * from finish();
rollback;
