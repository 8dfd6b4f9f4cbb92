-- Sources that wait for the compiler, and files that lie beside a script: who may, what is frozen, what a rig gets.
begin;
set local search_path = public, extensions;
set local client_min_messages = warning;
select plan(36);
\ir fixtures/deploys.psql
create function pg_temp.exp() returns uuid language sql as $$ select (value ->> 'experiment_id')::uuid from made where name = 'exp' $$;
create function pg_temp.finish(p_version int, p_code text, p_error text default null) returns int
language sql
as $$
    select private.finish_compilations(jsonb_build_array(jsonb_build_object(
        'company_id', '0f000000-0000-7000-8000-00000000000a', 'experiment_id', pg_temp.exp(), 'version', p_version, 'python_code', p_code,
        'error', p_error)), pg_temp.t(9))
$$;
create function pg_temp.file(p_path text, p_content text default 'a,b') returns text
language sql
as $$ select format('select public.save_experiment_file(%L, %L, %L)', pg_temp.exp(), p_path, translate(encode(convert_to(p_content, 'utf8'), 'base64'), e'\n', '')) $$;

-- the compiler's queue
select pg_temp.be('authenticated', 'a2');
insert into made select 'exp', public.save_experiment('Stroop', p_source_text => '<one/>', p_now => pg_temp.t());
select throws_ok(format('select public.deploy_experiment(%L, %L, p_now => %L)', pg_temp.exp(), pg_temp.id('c1'), pg_temp.t()), 'L0401', null, 'not yet compiled: no run');
select throws_ok($$ select * from private.claim_compilations(1, '90 s') $$, '42501', null, 'people claim nothing');
select pg_temp.be('edge');
select results_eq($$ select experiment_id, version, source_text from private.claim_compilations(5, '90 s', pg_temp.t(1)) $$, $$ values (pg_temp.exp(), 1, '<one/>') $$, 'a source is given out');
select is_empty($$ select * from private.claim_compilations(5, '90 s', pg_temp.t(90)) $$, 'once, while its lease lasts');
select is((select count(*)::int from private.claim_compilations(5, '90 s', pg_temp.t(91))), 1, 'and again when its handler did not come back');
select pg_temp.be('authenticated', 'a2');
select public.save_experiment(p_experiment_id => pg_temp.exp(), p_source_text => '<two/>', p_now => pg_temp.t(92)) is not null as saved \gset
select pg_temp.be('edge');
select is(pg_temp.finish(1, 'print(1)'), 0, 'what was compiled from an older source is not taken');
select results_eq($$ select version, source_text from private.claim_compilations(5, '90 s', pg_temp.t(93)) $$, $$ values (2, '<two/>') $$, 'the newer one is given out at once');
select is(pg_temp.finish(2, 'print(2)'), 1, 'its script is taken');
select is(pg_temp.finish(2, 'print(3)'), 0, 'once');
select pg_temp.be('lics_owner');
select results_eq($$ select version, python_code, script_sha256, compile_status, compile_error from public.experiments where experiment_id = pg_temp.exp() $$,
    $$ values (2, 'print(2)', encode(sha256('print(2)'), 'hex'), 'compiled', null::text) $$, 'compiled, with its hash, in the source''s version');
select pg_temp.be('authenticated', 'a2');
select public.save_experiment(p_experiment_id => pg_temp.exp(), p_source_text => '<three/>', p_now => pg_temp.t(94)) is not null as saved \gset
select pg_temp.be('edge');
select is(pg_temp.finish(3, null, 'line 1: no'), 1, 'a failure is taken');
select pg_temp.be('authenticated', 'a2');
select throws_like(format('select public.deploy_experiment(%L, %L, p_now => %L)', pg_temp.exp(), pg_temp.id('c1'), pg_temp.t()), '%', 'and refuses a deploy');
select is((select compile_status || ': ' || compile_error from experiments where experiment_id = pg_temp.exp()), 'failed: line 1: no', 'in the compiler''s words');
select public.save_experiment(p_experiment_id => pg_temp.exp(), p_source_text => '<four/>', p_now => pg_temp.t(95)) is not null as saved \gset
select pg_temp.be('edge');
select count(*) as claims from generate_series(1, 3) as n, lateral private.claim_compilations(5, '90 s', pg_temp.t(100 + n * 100)) \gset
select is_empty($$ select * from private.claim_compilations(5, '90 s', pg_temp.t(1000)) $$, 'a source that took three handlers with it is given out no more');
select pg_temp.be('lics_owner');
select is((select compile_status from experiments where experiment_id = pg_temp.exp()), 'failed', 'but fails');
select pg_temp.be('authenticated', 'a2');
select public.save_experiment(p_experiment_id => pg_temp.exp(), p_source_text => '<five/>', p_now => pg_temp.t(1100)) is not null as saved \gset
select pg_temp.be('edge');
select is(pg_temp.finish(5, repeat('x', 1048577)), 1, 'a script that is too long fails');
select pg_temp.be('authenticated', 'a2');
select public.save_experiment(p_experiment_id => pg_temp.exp(), p_python_code => 'print(6)', p_now => pg_temp.t(1200)) is not null as saved \gset

-- files
select is((select version from experiments where experiment_id = pg_temp.exp()), 6, 'six versions so far');
select lives_ok(pg_temp.file('conditions.csv'), 'a file beside the script');
select lives_ok(pg_temp.file('stimuli/ä b.csv', 'x'), 'in a folder, with any name');
select is((select version from experiments where experiment_id = pg_temp.exp()), 8, 'each is a new version');
select lives_ok(pg_temp.file('conditions.csv'), 'the same file again');
select is((select version from experiments where experiment_id = pg_temp.exp()), 8, 'changes nothing');
select results_eq($$ select path, sha256, size_bytes from experiment_files where experiment_id = pg_temp.exp() and path like 'c%' $$,
    $$ values ('conditions.csv', encode(sha256('a,b'), 'hex'), 3) $$, 'by its content');
select throws_ok(pg_temp.file(path), 'L0501', null, format('no file %s', path))
from unnest(array['../x', '/x', 'a/../x', 'trials.jsonl', e'a\nb']) as path;
select throws_ok(format('select public.save_experiment_file(%L, %L, %L)', pg_temp.exp(), 'x', '!!'), 'L0501', null, 'not base64');
select throws_ok(format('select public.save_experiment_file(%L, %L, %L)', pg_temp.id('e2'), 'x', ''), 'L0003', null, 'another company''s experiment');
select pg_temp.be('authenticated', 'a3');
select throws_ok(pg_temp.file('x'), 'L0002', null, 'viewers save nothing');

-- a run keeps what it was deployed with, and its rig alone gets it
select pg_temp.be('authenticated', 'a2');
insert into made select 'run', public.deploy_experiment(pg_temp.exp(), pg_temp.id('c1'), p_now => pg_temp.t());
select count(public.save_experiment_file(pg_temp.exp(), 'conditions.csv', 'Yw==')) as changed \gset
select is((select value -> 'files' -> 0 ->> 'sha256' from made where name = 'run'), encode(sha256('a,b'), 'hex'), 'the files are frozen with the run');
select pg_temp.be('device', 'c1');
select is((select convert_from(decode(public.claim_file(pg_temp.run('run'), encode(sha256('a,b'), 'hex')) ->> 'content_base64', 'base64'), 'utf8')), 'a,b', 'its rig gets them');
select throws_ok($$ select public.claim_file(pg_temp.run('run'), encode(sha256('c'), 'hex')) $$, 'L0003', null, 'but no file of a later version');
select pg_temp.be('device', 'c2');
select throws_ok($$ select public.claim_file(pg_temp.run('run'), encode(sha256('a,b'), 'hex')) $$, 'L0003', null, 'and no other rig does');
select pg_temp.be('authenticated', 'a2');
select throws_ok($$ select public.claim_file(pg_temp.run('run'), '') $$, '42501', null, 'nor a person by this way');
select * from finish();
rollback;
