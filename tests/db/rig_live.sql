-- Live: one message a statement and topic, small, and never in the way of the write.
begin;
set local search_path = public, extensions;
set local client_min_messages = error;
select plan(15);
\ir fixtures/rigs.psql
create function pg_temp.sent(p_event text) returns setof realtime.messages
language sql
as $$ select m.* from realtime.messages as m where m.event = p_event and m.topic ~ '0f000000-' order by m.seq $$;
create function pg_temp.trials(p_n int, p_custom text default 'x') returns void
language sql
as $$ select count(*) from private.ingest_trials((select jsonb_agg(pg_temp.trial(g, jsonb_build_object('custom_data', jsonb_build_object('t', p_custom)))) from generate_series(1, p_n) as g)) $$;
delete from realtime.messages where topic ~ '0f000000-';

select pg_temp.trials(3);
select is((select count(*)::int from pg_temp.sent('new_trial')), 1, 'three trials of one run are one message');
select results_eq(
    $$ select topic, private, payload ->> 'table', payload ->> 'op', payload -> 'n', payload -> 'truncated', jsonb_array_length(payload -> 'rows') from pg_temp.sent('new_trial') $$,
    $$ values ('deployment:' || pg_temp.id('d1'), true, 'trial_results', 'INSERT', '3'::jsonb, 'false'::jsonb, 3) $$, 'on the run''s private topic, with the rows');
select ok((select payload -> 'rows' -> 0 ? 'trial_id' and not payload -> 'rows' -> 0 ? 'content_sha256' from pg_temp.sent('new_trial')), 'without what is internal');
select pg_temp.trials(3);
select is((select count(*)::int from pg_temp.sent('new_trial')), 1, 'repeats send nothing');
delete from realtime.messages where topic ~ '0f000000-';
select pg_temp.trials(60);
select results_eq(
    $$ select payload -> 'n', payload -> 'truncated', jsonb_array_length(payload -> 'rows'), payload -> 'rows' -> 0 ? 'trial_id', payload -> 'rows' -> 0 ? 'response' from pg_temp.sent('new_trial') $$,
    $$ values ('57'::jsonb, 'true'::jsonb, 57, true, false) $$, 'more than 50 rows: ids only') ;
select is((select jsonb_array_length(private.live_message('t', 'INSERT', null, (select jsonb_agg(g) from generate_series(1, 5000) as g)) -> 'rows')), 1000, 'at most 1,000 ids');
select is(private.live_message('t', 'INSERT', jsonb_build_array(repeat('x', 70000)), '[{"id": 1}]') -> 'truncated', 'true', 'more than 64 KB: ids only');

select private.ingest_logs(jsonb_build_array(
    jsonb_build_object('device_id', pg_temp.id('c1'), 'deployment_id', pg_temp.id('d1'), 'level', 'INFO', 'message', 'hello'),
    jsonb_build_object('device_id', pg_temp.id('c1'), 'level', 'INFO', 'message', 'no run')));
select results_eq($$ select topic, payload -> 'n', payload #>> '{rows,0,message}' from pg_temp.sent('new_log') $$,
    $$ values ('deployment:' || pg_temp.id('d1'), '1'::jsonb, 'hello') $$, 'log lines of a run');

select private.ingest_run_reports(jsonb_build_array(jsonb_build_object('device_id', pg_temp.id('c2'), 'deployment_id', pg_temp.id('d2'), 'kind', 'ack')));
select results_eq($$ select topic, payload #>> '{rows,0,status}' from pg_temp.sent('deployment_update') $$,
    $$ values ('company:0f000000-0000-7000-8000-00000000000a', 'acked') $$, 'changes of runs go to the company');
select ok((select not payload -> 'rows' -> 0 ? 'python_code' from pg_temp.sent('deployment_update')), 'without the script');
select private.ingest_run_reports(jsonb_build_array(jsonb_build_object('device_id', pg_temp.id('c2'), 'deployment_id', pg_temp.id('d2'), 'kind', 'ack')));
select is((select count(*)::int from pg_temp.sent('deployment_update')), 1, 'a report that changes nothing sends nothing');

-- who may listen
select pg_temp.be('authenticated', 'a2');
select ok(private.can_read_topic('deployment:' || pg_temp.id('d1')), 'a member listens to the company''s runs');
select ok(not private.can_read_topic('deployment:' || pg_temp.id('d3')), 'not to another''s');

-- a push that fails
select pg_temp.be('lics_owner');
alter table realtime.messages add constraint nothing_goes check (topic !~ '0f000000-') not valid;
select lives_ok($$ select private.ingest_trials(jsonb_build_array(pg_temp.trial(99))) $$, 'a push that fails does not break the write');
select is((select count(*)::int from trial_results where deployment_id = pg_temp.id('d1') and seq = 99), 1, 'the trial is stored');
select * from finish();
rollback;
