-- The broker's two files: every valid account, its own topics, and nothing that a name could smuggle in.
begin;
set local search_path = public, extensions;
set local client_min_messages = warning;
select plan(26);
\ir fixtures/rigs.psql
insert into public.devices (company_id, device_id, device_mac, name, kind) values
('0f000000-0000-7000-8000-00000000000a', pg_temp.id('51'), '0F00000000A1', 'Cam 1', 'camera'),
('0f000000-0000-7000-8000-00000000000a', pg_temp.id('52'), '0F00000000A2', 'Cam 2', 'camera'),
('0f000000-0000-7000-8000-00000000000b', pg_temp.id('53'), '0F00000000B1', 'Cam 3', 'camera');
-- The topics of one account, in the order of the file.
create function pg_temp.block(p_user text) returns setof text
language sql
as $$
    select l.line
    from private.broker_files('test-edge', 'test-enrol') as f
    cross join lateral regexp_split_to_table(substring(f.acl || e'\n' from '(?n)^user ' || p_user || e'\n((?:topic .*\n)*)'), e'\n') as l (line)
    where l.line <> ''
$$;
create function pg_temp.has_account(p_user text) returns boolean
language sql
as $$ select f.passwd ~ ('(?n)^' || p_user || ':\$7\$101\$') from private.broker_files('test-edge', 'test-enrol') as f $$;
create temporary table kept (password text, generation bigint) on commit drop;

select private.put_service_account('edge', 'test-edge', 'a long password');
select private.put_service_account('edge', 'old-edge', 'a long password');
select private.put_service_account('enrol', 'test-enrol', 'a long password');
insert into kept select private.create_camera_account('0f000000-0000-7000-8000-00000000000a', pg_temp.id('51'), '0F00000000A1');
select matches((select password from kept), '^[0-9a-f]{32}$', 'a camera''s account has a password of its own');
select ok((select private.verify_hash(k.password, c.password_hash) from kept as k, private.credentials as c where c.username = '0F00000000A1'), 'kept as a hash');
select ok(pg_temp.has_account('0F00000000A1') and pg_temp.has_account('test-edge') and pg_temp.has_account('test-enrol'), 'accounts are in the password file');
select ok(not pg_temp.has_account('old-edge'), 'an edge account of another name is not');

-- cameras
select is((select count(*)::int from pg_temp.block('0F00000000A1')), 48, 'six spellings, two prefixes, four topics');
select set_eq($$ select * from pg_temp.block('0F00000000A1') where block ~ '/(0F00000000A1|0f:00:00:00:00:a1)/' $$,
    $$ select format('topic %s %s/%s/%s', a, p, s, l) from (values ('write', 'status'), ('write', 'data'), ('read', 'cmd'), ('read', 'ack')) as t (a, l),
       unnest(array['device', 'ESP32CAM']) as p, unnest(array['0F00000000A1', '0f:00:00:00:00:a1']) as s $$,
    'it writes status and data, reads cmd and ack');
select ok(bool_and(b ~* '0F.?00.?00.?00.?00.?A1'), 'of its own MAC only') from pg_temp.block('0F00000000A1') as b;
select private.create_fleet_account('0f000000-0000-7000-8000-00000000000a') is not null;
select is((select count(*)::int from pg_temp.block('fleet-0f000000-0000-7000-8000-00000000000a')), 96, 'the fleet''s account: every camera of the company');
select ok(bool_and(b !~* 'B1/'), 'and none of another') from pg_temp.block('fleet-0f000000-0000-7000-8000-00000000000a') as b;

-- rigs: patterns
select matches((select acl from private.broker_files()), e'^(pattern [^\n]*\n){9}\n', 'patterns come before the first user');
select set_eq($$ select l from private.broker_files() as f, regexp_split_to_table(f.acl, e'\n') as l where l like 'pattern %devices%' $$,
    array['pattern write devices/%u/ack', 'pattern write devices/%u/status', 'pattern write devices/%u/heartbeat', 'pattern write devices/%u/data',
        'pattern write devices/%u/logs', 'pattern read devices/%u/command', 'pattern read devices/%u/data/ack'], 'a rig has its own topics only');

-- the enrolment account
select set_eq($$ select pg_temp.block('test-enrol') $$, array['topic write enrol/+/+/status'], 'a HELLO is all it writes');
select set_eq($$ select l from private.broker_files() as f, regexp_split_to_table(f.acl, e'\n') as l where l like 'pattern %enrol%' $$,
    array['pattern read enrol/+/%c/cmd', 'pattern read enrol/+/%c/ack'], 'and answers to its own client id all that is read');
select ok(bool_and(b not like '% #' and b not like '%+/+/+%'), 'the edge has no wildcard over everything') from pg_temp.block('test-edge') as b;

-- generation
insert into kept (generation) values (private.broker_generation());
select private.put_service_account('edge', 'test-edge', 'a long password');
select is(private.broker_generation(), (select generation from kept where generation is not null), 'the same password again changes nothing');
select private.put_service_account('edge', 'test-edge', 'another password');
select is(private.broker_generation(), (select generation + 1 from kept where generation is not null), 'a new one raises the generation');
select is((select generation from private.broker_files()), private.broker_generation(), 'the files carry it');

-- taken away
update private.credentials set revoked_at = now() where username = '0F00000000A1';
select ok(not pg_temp.has_account('0F00000000A1'), 'a revoked account is gone');
select is((select count(*)::int from pg_temp.block('0F00000000A1')), 0, 'with its topics');
update public.devices set archived_at = now() where device_id = pg_temp.id('52');
select is((select count(*)::int from pg_temp.block('fleet-0f000000-0000-7000-8000-00000000000a')), 48, 'a retired camera leaves the fleet''s list');

-- names
select throws_ok($$ select private.put_service_account('edge', E'x\nuser y', 'a long password') $$, 'L0501', null, 'a line break is no name');
select throws_ok($$ select private.put_service_account('edge', 'a:b', 'a long password') $$, 'L0501', null, 'nor a colon');
select throws_ok($$ select private.put_service_account('edge', 'x', 'short') $$, 'L0501', null, 'a short password is none');
select throws_ok($$ insert into public.devices (company_id, device_mac, name, kind) values ('0f000000-0000-7000-8000-00000000000a', E'TEST-x\ntopic readwrite #', 'x', 'camera') $$,
    '23514', null, 'a MAC cannot bring lines of its own');

select pg_temp.be('edge');
select lives_ok($$ select * from private.broker_files('test-edge', 'test-enrol') $$, 'the edge may read the files');
select pg_temp.be('authenticated', 'a1');
select throws_ok($$ select * from private.broker_files() $$, '42501', null, 'people may not');
select * from finish();
rollback;
