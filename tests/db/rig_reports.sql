-- A run's life: forward only, implied steps, one end, and what comes afterwards.
begin;
set local search_path = public, extensions;
set local client_min_messages = warning;
select plan(34);
\ir fixtures/rigs.psql
-- One report about the run d1 (or d2) at a time of 1 March; p_more overrides fields.
create function pg_temp.report(p_status text, p_more jsonb default '{}', p_now timestamptz default '2026-03-01T10:00:00Z') returns setof text
language sql
as $$
    select r.reason from private.ingest_run_reports(jsonb_build_array(
        jsonb_build_object('device_id', pg_temp.id('c1'), 'deployment_id', pg_temp.id('d1'), 'kind', 'status', 'status', p_status) || p_more), p_now) as r
$$;
create function pg_temp.reset(p_status text default 'pending') returns void
language sql
as $$
    delete from deployment_events where deployment_id = pg_temp.id('d1');
    update experiment_deployments
    set status = p_status, acked_at = null, started_at = null, completed_at = null, ended_by = null, reason_code = null, error_log = null, completeness = 'unknown'
    where deployment_id = pg_temp.id('d1');
$$;
create function pg_temp.run() returns experiment_deployments
language sql
as $$ select * from experiment_deployments where deployment_id = pg_temp.id('d1') $$;

-- step by step
select pg_temp.reset();
select is_empty($$ select pg_temp.report(null, '{"kind": "ack"}') $$, 'an ack with nothing but its topic accepts');
select is((pg_temp.run()).status, 'acked', 'pending → acked');
select pg_temp.report('running', '{"at": "2026-03-01T09:59:30Z"}');
select results_eq($$ select status, started_at from pg_temp.run() $$, $$ values ('running', '2026-03-01T09:59:30Z'::timestamptz) $$, 'acked → running, at the device''s time where it is plausible');
select pg_temp.report(null, '{"kind": "ack"}');
select is((pg_temp.run()).status, 'running', 'an ack afterwards changes nothing');
select pg_temp.report('failed', '{"error": "Traceback", "reason_code": "nonzero_exit", "at": "1970-01-01T00:00:00Z"}');
select results_eq($$ select status, reason_code, error_log, completed_at, ended_by from pg_temp.run() $$,
    $$ values ('failed', 'nonzero_exit', 'Traceback', '2026-03-01T10:00:00Z'::timestamptz, 'agent') $$, 'running → failed; an implausible clock gives way to ours');
select pg_temp.report('completed');
select is((pg_temp.run()).status, 'failed', 'an end is an end');
select bag_eq($$ select event, applied from deployment_events where deployment_id = pg_temp.id('d1') $$,
    $$ values ('acked', true), ('running', true), ('acked', false), ('failed', true), ('completed', false) $$, 'every report is an event, applied or not');

-- implied steps
select pg_temp.reset();
select pg_temp.report('completed');
select results_eq($$ select status, acked_at is not null, started_at is not null, completed_at is not null from pg_temp.run() $$,
    $$ values ('completed', true, true, true) $$, 'pending → completed implies the steps between');
select pg_temp.report('running', '{"at": "2026-03-01T09:10:00Z"}');
select results_eq($$ select status, started_at from pg_temp.run() $$, $$ values ('completed', '2026-03-01T09:10:00Z'::timestamptz) $$,
    'a running that comes late only tells when it began');
select pg_temp.reset();
select pg_temp.report('running');
select ok((pg_temp.run()).acked_at is not null and (pg_temp.run()).status = 'running', 'pending → running implies the ack');

-- in one batch
select pg_temp.reset();
select is_empty($$ select * from private.ingest_run_reports((
    select jsonb_agg(jsonb_build_object('device_id', pg_temp.id('c1'), 'deployment_id', pg_temp.id('d1'), 'kind', 'status', 'status', s) order by n)
    from unnest(array['running', 'running', 'completed', 'failed']) with ordinality as u (s, n)), '2026-03-01T10:00:00Z') $$, 'a batch is judged in its order');
select is((pg_temp.run()).status, 'completed', 'the first end wins');
select is((select array_agg(applied order by received_at) from deployment_events where deployment_id = pg_temp.id('d1')), array[true, false, true, false], 'each report alone');

-- refusals of the agent
select pg_temp.reset();
select pg_temp.report(null, '{"kind": "ack", "accepted": false, "reason": "agent_busy"}');
select results_eq($$ select status, reason_code, acked_at, started_at from pg_temp.run() $$,
    $$ values ('failed', 'agent_busy', null::timestamptz, null::timestamptz) $$, 'a refused command never ran');
select pg_temp.reset('running');
select pg_temp.report(null, '{"kind": "ack", "accepted": false, "reason": "agent_busy"}');
select is((pg_temp.run()).status, 'running', 'a refusal of a repeated command does not end the run');

-- what the server inferred
select pg_temp.reset('failed');
update experiment_deployments set ended_by = 'server', reason_code = 'heartbeat_lost', completed_at = '2026-03-01T09:30:00Z' where deployment_id = pg_temp.id('d1');
select pg_temp.report('running');
select is((pg_temp.run()).status, 'failed', 'a run that the server ended is not reopened');
select pg_temp.report('completed');
select results_eq($$ select status, reason_code, ended_by, completed_at from pg_temp.run() $$,
    $$ values ('completed', null::text, 'agent', '2026-03-01T10:00:00Z'::timestamptz) $$, 'the agent''s own end replaces the inferred one');
select pg_temp.report('failed');
select is((pg_temp.run()).status, 'completed', 'once');
select pg_temp.reset('cancelled');
update experiment_deployments set ended_by = 'user', completed_at = '2026-03-01T09:30:00Z' where deployment_id = pg_temp.id('d1');
select pg_temp.report('completed');
select is((pg_temp.run()).status, 'cancelled', 'an end by a person stays');

-- other ends
select pg_temp.reset('running');
select pg_temp.report('timed_out', '{"reason_code": "wall_timeout"}');
select is((pg_temp.run()).status, 'timed_out', 'timed_out');
select pg_temp.reset('running');
select pg_temp.report('cancelled', '{"reason_code": "operator"}');
select is((pg_temp.run()).status, 'cancelled', 'cancelled');
select pg_temp.reset('running');
select pg_temp.report('failed', jsonb_build_object('reason_code', 'what?', 'error', repeat('x', 20000) || 'end'));
select results_eq($$ select octet_length(error_log), right(error_log, 3), reason_code from pg_temp.run() $$, $$ values (16384, 'end', null::text) $$,
    'the last 16 KiB of the error; an unknown reason is in the event only');

-- the data's axis
select pg_temp.reset('running');
select private.ingest_trials(jsonb_build_array(pg_temp.trial(1), pg_temp.trial(3)), '2026-03-01T10:00:00Z');
select pg_temp.report('completed', '{"details": {"end": {"entries": 3, "final_seq": 3, "loops_unfinished": []}}}');
select is((pg_temp.run()).completeness, 'gaps', 'a missing seq is a gap');
select private.ingest_trials(jsonb_build_array(pg_temp.trial(2)), '2026-03-01T10:01:00Z');
select is((pg_temp.run()).completeness, 'complete', 'a late trial closes it');
select pg_temp.reset('running');
select pg_temp.report('completed', '{"details": {"end": {"entries": 3, "final_seq": 3, "loops_unfinished": ["trials"]}}}');
select is((pg_temp.run()).completeness, 'early_exit', 'an unfinished loop is an early exit');
select pg_temp.reset('running');
select pg_temp.report('completed');
select is((pg_temp.run()).completeness, 'unknown', 'no word about the end: unknown');

-- refused
select is(array(select pg_temp.report('running', jsonb_build_object('device_id', pg_temp.id('99')))), array['unknown_device'], 'unknown device');
select is(array(select pg_temp.report('running', jsonb_build_object('deployment_id', pg_temp.id('98')))), array['unknown_deployment'], 'unknown run');
select is(array(select pg_temp.report('running', jsonb_build_object('deployment_id', pg_temp.id('d2')))), array['device_mismatch'], 'run of another rig');
select is(array(select pg_temp.report('running', jsonb_build_object('deployment_id', pg_temp.id('d3')))), array['device_mismatch'], 'run of another company');
select is(array(select pg_temp.report('exploded')), array['bad_type'], 'no such status');
select is((select count(*)::int from deployment_events where deployment_id in (pg_temp.id('d2'), pg_temp.id('d3'))), 0, 'none of them left an event');
select pg_temp.be('edge');
select throws_ok($$ update public.experiment_deployments set status = 'completed' $$, '42501', null, 'handlers change runs through the function only');
select pg_temp.be('device', 'c1');
select throws_ok($$ select private.ingest_run_reports('[]') $$, '42501', null, 'a rig''s token may not call it');
select * from finish();
rollback;
