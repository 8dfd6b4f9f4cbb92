-- Trials: stored once, acknowledged always, refused for the listed reasons only.
begin;
set local search_path = public, extensions;
set local client_min_messages = warning;
select plan(36);
\ir fixtures/rigs.psql
create function pg_temp.acks() returns setof jsonb
language sql
as $$ select o.payload from private.mqtt_outbox as o where o.topic like 'devices/0f000000-%/data/ack' order by o.outbox_id $$;
create function pg_temp.last_ack() returns jsonb
language sql
as $$ select a from pg_temp.acks() with ordinality as t (a, n) order by n desc limit 1 $$;

-- stored
select is_empty(
    $$ select * from private.ingest_trials(jsonb_build_array(pg_temp.trial(1), pg_temp.trial(2), pg_temp.trial(4, '{"reaction_time": -12.5, "flags": ["time_without_zone"]}'))) $$,
    'good trials are not refused'
);
select results_eq(
    $$ select seq::int, reaction_time, correct, response ->> 'key', custom_data from trial_results where deployment_id = pg_temp.id('d1') order by seq $$,
    $$ values (1, 345.6::float8, true, 'space', '{"a": null}'::jsonb), (2, 345.6, true, 'space', '{"a": null}'), (4, -12.5, true, 'space', '{"a": null}') $$,
    'and stored as sent, nulls inside custom_data too'
);
select results_eq(
    $$ select flags from trial_results where deployment_id = pg_temp.id('d1') and seq = 4 $$,
    $$ values (array['time_without_zone', 'negative_reaction_time']) $$, 'a negative reaction time is kept and flagged'
);
select is(
    pg_temp.last_ack(),
    jsonb_build_object('deployment_id', pg_temp.id('d1'), 'through_seq', 2, 'have', '[[1, 2], [4, 4]]'::jsonb, 'rejected', '[]'::jsonb),
    'one data/ack for the batch: through_seq is the end of the first range'
);
select is((select count(*)::int from pg_temp.acks()), 1, 'one message a run');

-- repeats
select is_empty($$ select * from private.ingest_trials(jsonb_build_array(pg_temp.trial(1), pg_temp.trial(3), pg_temp.trial(3))) $$, 'repeats are no error');
select is((select count(*)::int from trial_results where deployment_id = pg_temp.id('d1')), 4, 'and make no row');
select is(pg_temp.last_ack() -> 'have', '[[1, 4]]', 'they are acknowledged again, the gap is closed');
select results_eq(
    $$ select received::int, duplicates::int, conflicts::int from private.deployment_streams where deployment_id = pg_temp.id('d1') $$,
    $$ values (4, 2, 0) $$, 'and counted'
);
select is_empty(
    $$ select * from private.ingest_trials(jsonb_build_array(pg_temp.trial(1, '{"started_at": "2026-03-01T10:00:00+01:00", "boot_id": "b2", "partial": null}'))) $$,
    'the same instant in another zone, another boot, an absent default: still the same content'
);

-- conflicts
select results_eq(
    $$ select idx, reason from private.ingest_trials(jsonb_build_array(pg_temp.trial(5), pg_temp.trial(1, '{"correct": false}'), pg_temp.trial(6))) $$,
    $$ values (1, 'conflict') $$, 'other content under the same key is refused, its neighbours are not'
);
select is((select correct from trial_results where deployment_id = pg_temp.id('d1') and seq = 1), true, 'the first one stays');
select is(pg_temp.last_ack() -> 'rejected', '[{"seq": 1, "reason": "conflict"}]', 'the agent is told');
select is(pg_temp.last_ack() -> 'through_seq', '6', 'and its good trials are acknowledged');
select results_eq(
    $$ select idx, reason from private.ingest_trials(jsonb_build_array(pg_temp.trial(7), pg_temp.trial(7, '{"trial_number": 8}'))) $$,
    $$ values (1, 'conflict') $$, 'a conflict inside one batch: the first one stays'
);

-- revisions
select is_empty($$ select * from private.ingest_trials(jsonb_build_array(pg_temp.trial(1, '{"rev": 2, "correct": false}'))) $$, 'a correction is a higher rev');
select is((select correct from trial_current where deployment_id = pg_temp.id('d1') and seq = 1), false, 'trial_current shows the newest');
select is((select count(*)::int from trial_current where deployment_id = pg_temp.id('d1') and seq = 1), 1, 'and only that');

select is(pg_temp.last_ack() -> 'revs', '[[1, 2]]', 'and the ack names it, since seq 1 was acknowledged before');

-- agents that know only the seeds
select is_empty(
    $$ select * from private.ingest_trials(jsonb_build_array(
        jsonb_build_object('device_id', pg_temp.id('c1'), 'deployment_id', pg_temp.id('d1'), 'trial_number', 0, 'started_at', '2026-03-01T09:00:00Z', 'ended_at', '2026-03-01T09:00:01Z'),
        jsonb_build_object('device_id', pg_temp.id('c1'), 'deployment_id', pg_temp.id('d1'), 'trial_number', 0, 'started_at', '2026-03-01T09:00:00Z', 'ended_at', '2026-03-01T09:00:01Z'),
        jsonb_build_object('device_id', pg_temp.id('c1'), 'deployment_id', pg_temp.id('d1'), 'trial_number', 0, 'started_at', '2026-03-01T09:00:02Z', 'ended_at', '2026-03-01T09:00:03Z'))) $$,
    'the seed''s minimum is enough'
);
select is((select count(*)::int from trial_current where deployment_id = pg_temp.id('d1') and seq is null), 2, 'without seq the content is the key');

-- refusals
select results_eq(
    $$ select idx, reason from private.ingest_trials(jsonb_build_array(
        pg_temp.trial(20, jsonb_build_object('device_id', pg_temp.id('99'))),
        pg_temp.trial(20, jsonb_build_object('deployment_id', pg_temp.id('98'))),
        pg_temp.trial(20, jsonb_build_object('device_id', pg_temp.id('c2'))),
        pg_temp.trial(20, jsonb_build_object('deployment_id', pg_temp.id('d3'))),
        pg_temp.trial(20))) $$,
    $$ values (0, 'unknown_device'), (1, 'unknown_deployment'), (2, 'device_mismatch'), (3, 'device_mismatch') $$,
    'unknown device, unknown run, run of another device, run of another company; the good neighbour is stored'
);
select is((select count(*)::int from trial_results where seq = 20), 1, 'only the good one made a row');
select is(
    (select count(*)::int from pg_temp.acks() as a where a ->> 'deployment_id' = pg_temp.id('d3')::text and a -> 'have' = '[]' and a -> 'rejected' <> '[]'), 1,
    'a stranger learns nothing about what a run has'
);

-- many rigs in one batch
select is_empty(
    $$ select * from private.ingest_trials(jsonb_build_array(
        pg_temp.trial(1, jsonb_build_object('device_id', pg_temp.id('c2'), 'deployment_id', pg_temp.id('d2'))),
        pg_temp.trial(1, jsonb_build_object('device_id', pg_temp.id('c3'), 'deployment_id', pg_temp.id('d3'))))) $$,
    'one batch of two companies'
);
select results_eq(
    $$ select company_id, deployment_id from trial_results where deployment_id in (pg_temp.id('d2'), pg_temp.id('d3')) order by 2 $$,
    $$ values ('0f000000-0000-7000-8000-00000000000a'::uuid, pg_temp.id('d2')), ('0f000000-0000-7000-8000-00000000000b', pg_temp.id('d3')) $$,
    'each row belongs to its device''s company'
);

-- the run's state
update experiment_deployments set status = 'completed', completed_at = '2026-03-01T09:30:00Z', ended_by = 'agent' where deployment_id = pg_temp.id('d1');
select is_empty($$ select * from private.ingest_trials(jsonb_build_array(pg_temp.trial(30))) $$, 'late trials are accepted');
select is((select late from trial_results where deployment_id = pg_temp.id('d1') and seq = 30), true, 'and flagged');
select is((select status from experiment_deployments where deployment_id = pg_temp.id('d1')), 'completed', 'the run is not reopened');

-- who sees them
select pg_temp.be('authenticated', 'b1');
select is((select array_agg(distinct deployment_id) from trial_current), array['0f000000-0000-7000-8000-0000000000d3'::uuid], 'people see their company''s trials only');
select throws_ok($$ select * from private.ingest_trials('[]') $$, '42501', null, 'and may not ingest');
-- refused before they came here
select pg_temp.be('lics_owner');
select is(
    private.reject_trials(jsonb_build_array(
        jsonb_build_object('device_id', pg_temp.id('c1'), 'deployment_id', pg_temp.id('d1'), 'seq', 901, 'reason', 'bad_type'),
        jsonb_build_object('device_id', pg_temp.id('c1'), 'deployment_id', pg_temp.id('d1'), 'seq', 900, 'reason', 'bad_time'),
        jsonb_build_object('device_id', pg_temp.id('d9'), 'deployment_id', pg_temp.id('d1'), 'seq', 1, 'reason', 'bad_type'))), 1::bigint,
    'one answer a device and run; an unknown device gets none'
);
select is(
    pg_temp.last_ack() -> 'rejected', '[{"seq": 900, "reason": "bad_time"}, {"seq": 901, "reason": "bad_type"}]',
    'it names what was refused'
);
select is(
    pg_temp.last_ack() -> 'through_seq',
    (select to_jsonb(max(upper(u) - 1) filter (where lower(u) = 1)) from private.deployment_streams as s, unnest(s.have) as u where s.deployment_id = pg_temp.id('d1')),
    'and tells what is stored'
);
select private.reject_trials(jsonb_build_array(
    jsonb_build_object('device_id', pg_temp.id('c2'), 'deployment_id', pg_temp.id('d1'), 'seq', 5, 'reason', 'bad_type')));
select is(
    pg_temp.last_ack(),
    jsonb_build_object('deployment_id', pg_temp.id('d1'), 'through_seq', 0, 'have', '[]'::jsonb, 'rejected', '[{"seq": 5, "reason": "bad_type"}]'::jsonb),
    'a stranger learns nothing about what a run has'
);
select ok(
    has_function_privilege('edge', 'private.reject_trials(jsonb, timestamptz)', 'execute')
    and not has_function_privilege('device', 'private.reject_trials(jsonb, timestamptz)', 'execute'), 'the edge alone may call it'
);

select * from finish();
rollback;
