-- The figures of a run.
begin;
set local search_path = public, extensions;
set local client_min_messages = warning;
select plan(20);
\ir fixtures/deploys.psql
create function pg_temp.stats(p_now timestamptz default pg_temp.t(100)) returns jsonb
language plpgsql
as $$
begin
    perform pg_temp.be('authenticated', 'a3');
    insert into made values ('stats', public.deployment_stats(pg_temp.id('d1'), p_now)) on conflict (name) do update set value = excluded.value;
    perform pg_temp.be('lics_owner');
    return (select value from made where name = 'stats');
end;
$$;
select results_eq($$ select s ->> 'trials', s -> 'median_reaction_time_ms', s -> 'seconds_since_last_trial', s -> 'gaps', s ->> 'received' from pg_temp.stats() as s $$,
    $$ values ('0', 'null'::jsonb, 'null'::jsonb, '[]'::jsonb, '0') $$, 'before the first trial');

-- 30 trials: 1 to 10 wrong, then every second right; 5, 11 and 12 are missing
select private.ingest_trials((select jsonb_agg(pg_temp.trial(i, jsonb_build_object('correct', i > 10 and i % 2 = 0, 'reaction_time', i)))
    from generate_series(1, 30) as i where i not in (5, 11, 12)), pg_temp.t(40));
select is(pg_temp.stats() ->> 'trials', '27', 'n');
select is(pg_temp.stats() -> 'gaps', '[[5, 5], [11, 12]]', 'gaps');
select is(pg_temp.stats() ->> 'missing', '3', 'and how many are missing');
select is((pg_temp.stats() ->> 'median_reaction_time_ms')::numeric, 17::numeric, 'median of all');
select is((pg_temp.stats() ->> 'correct_last_20_percent')::numeric, 45.0::numeric, 'right of the last 20');
select is((pg_temp.stats() ->> 'seconds_since_last_trial')::numeric, 60.0::numeric, 'seconds since the last one');
select private.ingest_trials(jsonb_build_array(
    pg_temp.trial(30, '{"rev": 2, "correct": false, "reaction_time": 30}'), pg_temp.trial(31, '{"kind": "entry", "correct": true, "reaction_time": 1}'),
    pg_temp.trial(30, '{"correct": true, "reaction_time": 30}')), pg_temp.t(50));
select results_eq($$ select s ->> 'trials', (s ->> 'correct_last_20_percent')::numeric from pg_temp.stats() as s $$, $$ values ('27', 40.0) $$, 'a correction replaces its trial; other entries are no trials');
select is(pg_temp.stats() ->> 'duplicates', '1', 'a repeat is counted');
-- an agent without seq
select private.ingest_trials((select jsonb_agg(pg_temp.trial(1, jsonb_build_object('seq', null, 'trial_number', i, 'deployment_id', pg_temp.id('d2'),
    'device_id', pg_temp.id('c2'), 'reaction_time', null, 'correct', null))) from generate_series(1, 3) as i), pg_temp.t(60));
select pg_temp.be('authenticated', 'a1');
select results_eq($$ select s ->> 'trials', s -> 'correct_last_20_percent', s -> 'median_reaction_time_ms', s ->> 'missing' from public.deployment_stats(pg_temp.id('d2')) as s $$,
    $$ values ('3', 'null'::jsonb, 'null'::jsonb, '0') $$, 'trials without seq, reaction time or judgement');
select pg_temp.be('authenticated', 'b1');
select throws_ok($$ select public.deployment_stats(pg_temp.id('d1')) $$, 'L0003', null, 'another company''s run');
select throws_ok($$ select public.deployment_stats(pg_temp.id('99')) $$, 'L0003', null, 'as if it did not exist');
select pg_temp.be('device', 'c1');
select throws_ok($$ select public.deployment_stats(pg_temp.id('d1')) $$, '42501', null, 'rigs have no use for it');
-- a run on a rig that is gone
select pg_temp.be('lics_owner');
update devices set last_seen_at = now() where device_id = pg_temp.id('c1');
select pg_temp.deploy('run', 'c1', extract(epoch from now() - pg_temp.t()));
update experiment_deployments set status = 'running' where deployment_id = pg_temp.run('run');
select pg_temp.be('authenticated', 'a3');
select is((select r.stale from experiment_deployments as r where r.deployment_id = pg_temp.run('run')), false, 'a run on a rig that is online');
select pg_temp.be('lics_owner');
update devices set last_will_at = now() where device_id = pg_temp.id('c1');
select pg_temp.be('authenticated', 'a3');
select is((select r.stale from experiment_deployments as r where r.deployment_id = pg_temp.run('run')), true, 'goes stale with it');
select is((select r.stale from experiment_deployments as r where r.deployment_id = pg_temp.id('d1')), false, 'an ended one does not');

-- the page
insert into made select 'page', public.run_page(pg_temp.id('d1'), pg_temp.t(100));
select results_eq($$ select jsonb_array_length(value -> 'trials'), value #>> '{trials,0,seq}', value #>> '{trials,1,rev}', value #>> '{stats,trials}', value #>> '{experiment,name}',
    value #>> '{device,name}', value #> '{deployment,python_code}' from made where name = 'page' $$,
    $$ values (28, '31', '2', '27', 'Test', 'Rig A1', null::jsonb) $$, 'one call for the page: the newest first, corrections in place, no script');
select is((select public.run_page(pg_temp.run('run')) #>> '{events,0,event}'), 'deployed', 'with the events');
select pg_temp.be('authenticated', 'b1');
select throws_ok($$ select public.run_page(pg_temp.id('d1')) $$, 'L0003', null, 'not for another company');
select pg_temp.be('device', 'c1');
select throws_ok($$ select public.run_page(pg_temp.id('d1')) $$, '42501', null, 'nor for rigs');
select * from finish();
rollback;
