-- Log lines: once a line, cut and marked, of the right rig; and nobody changes what was measured.
begin;
set local search_path = public, extensions;
set local client_min_messages = warning;
select plan(20);
\ir fixtures/rigs.psql
create function pg_temp.line(p_more jsonb default '{}') returns jsonb
language sql
as $$
    select jsonb_build_object('device_id', pg_temp.id('c1'), 'deployment_id', pg_temp.id('d1'), 'level', 'INFO', 'message', 'hello') || p_more
$$;

select is_empty($$ select * from private.ingest_logs(jsonb_build_array(
    pg_temp.line('{"line_no": 1, "stream": "stdout", "at": "2026-03-01T09:00:00Z"}'), pg_temp.line('{"line_no": 1}'), pg_temp.line('{"line_no": 2, "level": "error"}'))) $$,
    'lines are stored');
select results_eq($$ select line_no::int, level, stream, created_at from device_logs where line_no = 1 and deployment_id = pg_temp.id('d1') $$,
    $$ values (1, 'INFO', 'stdout', '2026-03-01T09:00:00Z'::timestamptz) $$, 'a numbered line once, the first one stays');
select is((select level from device_logs where deployment_id = pg_temp.id('d1') and line_no = 2), 'ERROR', 'levels in any case');
select is_empty($$ select * from private.ingest_logs(jsonb_build_array(pg_temp.line(), pg_temp.line(), pg_temp.line('{"deployment_id": null}'))) $$, 'without numbers');
select is((select count(*)::int from device_logs where device_id = pg_temp.id('c1') and line_no is null), 3, 'every line is kept');
select is_empty($$ select * from private.ingest_logs(jsonb_build_array(pg_temp.line('{"line_no": 3, "level": "NOTICE", "context": {"k": 1}}'))) $$, 'an unknown level');
select results_eq($$ select level, context from device_logs where deployment_id = pg_temp.id('d1') and line_no = 3 $$,
    $$ values ('INFO', '{"k": 1, "raw_level": "NOTICE"}'::jsonb) $$, 'becomes INFO, the raw one is kept');
select is_empty($$ select * from private.ingest_logs(jsonb_build_array(pg_temp.line(jsonb_build_object('line_no', 4, 'message', repeat('ä', 9000))))) $$, 'a line of 18 kB');
select results_eq($$ select octet_length(message), context from device_logs where deployment_id = pg_temp.id('d1') and line_no = 4 $$,
    $$ values (8192, '{"cut_from_bytes": 18000}'::jsonb) $$, 'is cut at 8 KiB and marked');
select is(private.cut_text('aäää', 4, true), 'ää', 'never half a character');
select results_eq(
    $$ select idx, reason from private.ingest_logs(jsonb_build_array(
        pg_temp.line(jsonb_build_object('device_id', pg_temp.id('99'))), pg_temp.line(jsonb_build_object('deployment_id', pg_temp.id('98'))),
        pg_temp.line(jsonb_build_object('deployment_id', pg_temp.id('d3'))), pg_temp.line())) $$,
    $$ values (0, 'unknown_device'), (1, 'unknown_deployment'), (2, 'device_mismatch') $$, 'refusals, in the words of the wire');

-- append only
select private.ingest_trials(jsonb_build_array(pg_temp.trial(1)));
select throws_ok($$ update trial_results set correct = false $$, 'L0405', null, 'no update of a trial, not even by the owner');
select throws_ok($$ delete from trial_results $$, 'L0405', null, 'no delete');
select throws_ok($$ truncate trial_results $$, 'L0405', null, 'no truncate');
select throws_ok($$ delete from device_logs $$, 'L0405', null, 'no delete of a line');
select throws_ok($$ delete from experiment_deployments where deployment_id = pg_temp.id('d1') $$, '23503', null, 'nor from above');
select throws_ok($$ select private.purge_run(pg_temp.id('d1'), '') $$, 'L0501', null, 'a purge needs a reason');
select is(private.purge_run(pg_temp.id('d1'), 'consent withdrawn') -> 'trials', '1', 'a purge of a run deletes');
select is((select new_row ->> 'reason' from audit_log where action = 'purge_run' and entity_id = pg_temp.id('d1')), 'consent withdrawn', 'and is audited');
select throws_ok($$ delete from device_logs $$, 'L0405', null, 'the guard is up again in the same transaction');
select * from finish();
rollback;
