-- Keys of rigs: made once, shown once, kept as a hash, exchanged for a token, taken away.
begin;
set local search_path = public, extensions;
set local client_min_messages = warning;
select plan(46);
\ir fixtures/rigs.psql
insert into private.signing_key (kid, secret, is_current) values ('test-kid', 'a secret of the test', false);
update private.signing_key set is_current = (kid = 'test-kid');
create temporary table kept (name text primary key, value jsonb) on commit drop;
grant all on kept to public;
create function pg_temp.claims(p_token text) returns jsonb
language sql
as $$ select convert_from(decode(rpad(translate(split_part(p_token, '.', 2), '-_', '+/'), (length(split_part(p_token, '.', 2)) + 3) / 4 * 4, '='), 'base64'), 'UTF8')::jsonb $$;
create function pg_temp.key(p_name text) returns text
language sql
as $$ select value ->> 'device_api_key' from kept where name = p_name $$;

-- PBKDF2 against published vectors
select is(encode(private.pbkdf2_sha512('password', 'salt', 1), 'hex'),
    '867f70cf1ade02cff3752599a3a53dc4af34c7a669815ae5d513554e1c8cf252c02d470a285a0501bad999bfe943c08f050235d7d68b1da55e63f73b60a57fce', 'one round');
select is(encode(private.pbkdf2_sha512('password', 'salt', 2), 'hex'),
    'e1d9c16aa681708a45f5c7c4e215ceb66e011a2e9f0040713f18aefdb866d53cf76cab2868a39b9f7840edce4fef5a82be67335c77a6068e04112754f27ccf4e', 'two rounds');
-- a line that mosquitto_passwd 2.0.11 wrote
select ok(private.verify_hash('secretpass1', '$7$101$1INGj6Mz34KtcaPo$7/xvWLxnSL32IHX2XoPg05sO/InEOIEQjOoTlNVmmabsay50UdTAKhLYjERjKvpQfPJChlRCWl/mP2tu+rSOHg=='), 'mosquitto_passwd''s own hash is understood');
select matches(private.mosquitto_hash('x'), '^\$7\$101\$[A-Za-z0-9+/]{16}\$[A-Za-z0-9+/]{86}==$', 'ours has its form');
select isnt(private.mosquitto_hash('x'), private.mosquitto_hash('x'), 'with a fresh salt each time');
select ok(private.verify_hash('x', private.mosquitto_hash('x')), 'the right password fits');
select ok(not private.verify_hash('y', private.mosquitto_hash('x')), 'another does not');
select ok(not private.verify_hash('x', '$6$101$abcd$abcd') and not private.verify_hash('x', null) and not private.verify_hash(null, private.mosquitto_hash('x')), 'another form or nothing fits nothing');

-- MACs
select results_eq(
    $$ select private.canonical_mac(m) from unnest(array['a4:cf:12:d0:e3:9b', 'A4-CF-12-D0-E3-9B', ' A4CF12D0E39B', 'test-7', 'VIRTUAL:x', 'A4CF12D0E39', 'zz:cf:12:d0:e3:9b', 'TEST-a/b', E'TEST-a\nuser edge', '', null]) as m $$,
    $$ values ('A4CF12D0E39B'), ('A4CF12D0E39B'), ('A4CF12D0E39B'), ('TEST-7'), ('VIRTUAL:X'), (null), (null), (null), (null), (null), (null) $$,
    'one spelling for every MAC, nothing for what is none'
);

-- registering
select pg_temp.be('authenticated', 'a2');
select throws_ok($$ select public.register_device('b8:27:eb:00:00:01', 'Cage 01') $$, 'L0002', null, 'a member may not register');
select throws_ok($$ select public.create_enrolment_token() $$, 'L0002', null, 'nor make an enrolment token');
select pg_temp.be('authenticated', 'a1');
insert into kept values ('generation', to_jsonb(0));
select pg_temp.be('lics_owner');
update kept set value = to_jsonb(private.broker_generation()) where name = 'generation';
select pg_temp.be('authenticated', 'a1');
select lives_ok($$ insert into kept select 'rig', public.register_device('b8:27:eb:00:00:01', ' Cage 01 ') $$, 'an admin may');
select is((select array[value ->> 'device_mac', value ->> 'name', value ->> 'kind', value ->> 'status'] from kept where name = 'rig'),
    array['B827EB000001', 'Cage 01', 'rig', 'offline'], 'the answer is the device');
select matches(pg_temp.key('rig'), '^lics_[0-9a-f]{16}_[0-9a-f]{64}$', 'with its key');
select throws_ok($$ select public.register_device('B8-27-EB-00-00-01', 'Again') $$, 'L0202', null, 'a known MAC is 409, however it is spelt');
select throws_ok($$ select public.register_device('nonsense', 'X') $$, 'L0201', null, 'no MAC is 422');
select throws_ok($$ select public.register_device('b8:27:eb:00:00:02', '  ') $$, 'L0501', null, 'no name is 422');
select throws_ok($$ select public.register_device('b8:27:eb:00:00:02', 'X', pg_temp.id('ff')) $$, 'L0003', null, 'a site that is not there is 404');
select is((select count(*)::int from devices where device_mac = 'B827EB000001'), 1, 'the row is visible');
select throws_ok($$ select * from private.credentials $$, '42501', null, 'the hash is not');
select pg_temp.be('authenticated', 'b1');
select throws_ok($$ select public.register_device('b8:27:eb:00:00:01', 'Mine') $$, 'L0202', null, 'another company cannot take the MAC');
select is((select count(*)::int from devices where device_mac = 'B827EB000001'), 0, 'nor see it');

select pg_temp.be('lics_owner');
select cmp_ok(private.broker_generation(), '>', (select value::text::bigint from kept where name = 'generation'), 'the broker''s generation has moved');
select is((select count(*)::int from private.credentials where password_hash like '%' || pg_temp.key('rig') || '%'), 0, 'the key is not stored');
select ok(
    (select private.verify_hash(pg_temp.key('rig'), c.password_hash) and c.public_id = split_part(pg_temp.key('rig'), '_', 2)
     from private.credentials as c where c.username = (select value ->> 'device_id' from kept where name = 'rig')),
    'one hash of it is: broker user = device_id'
);
select is((select count(*)::int from audit_log where action = 'register_device' and new_row::text like '%' || pg_temp.key('rig') || '%'), 0, 'the audit entry does not hold it');
select is((select count(*)::int from audit_log where action = 'register_device' and company_id = '0f000000-0000-7000-8000-00000000000a'), 1, 'but is there');

-- the token
select pg_temp.be('anon');
select lives_ok($$ insert into kept select 'token', public.device_auth(device_api_key => pg_temp.key('rig')) $$, 'the key is exchanged for a token');
select is((select value - 'access_token' from kept where name = 'token'), '{"token_type": "bearer", "expires_in": 3600}', 'of one hour');
select is(
    (select pg_temp.claims(value ->> 'access_token') - 'iat' - 'exp' from kept where name = 'token'),
    (select jsonb_build_object('role', 'device', 'scope', 'device', 'sub', value ->> 'device_id', 'company_id', '0f000000-0000-7000-8000-00000000000a') from kept where name = 'rig'),
    'that names the device'
);
select is(
    (select (pg_temp.claims(value ->> 'access_token') ->> 'exp')::bigint - (pg_temp.claims(value ->> 'access_token') ->> 'iat')::bigint from kept where name = 'token'),
    3600::bigint, 'and ends in an hour'
);
select is(
    (select split_part(value ->> 'access_token', '.', 3) from kept where name = 'token'),
    (select translate(encode(hmac(substring(value ->> 'access_token' from '^(.*)\.'), 'a secret of the test', 'sha256'), 'base64'), '+/=', '-_') from kept where name = 'token'),
    'signed with the current key'
);
select throws_ok($$ select public.device_auth('lics_0000000000000000_' || repeat('0', 64)) $$, 'L0203', null, 'an unknown key is 401');
select throws_ok(format($$ select public.device_auth(%L) $$, left(pg_temp.key('rig'), -1) || 'x'), 'L0203', null, 'a wrong secret too');
select throws_ok($$ select public.device_auth(null) $$, 'L0203', null, 'and none');

-- heartbeat
select pg_temp.be('lics_owner');
update kept set value = value || jsonb_build_object('claims', jsonb_build_object('sub', (select value ->> 'device_id' from kept where name = 'rig'), 'role', 'device')) where name = 'token';
select set_config('request.jwt.claims', (select (value -> 'claims')::text from kept where name = 'token'), true);
set local role device;
select is(public.device_heartbeat(), '{"status": "ok"}', 'the token may say that the rig lives');
select throws_ok($$ select public.device_heartbeat('nonsense') $$, 'L0501', null, 'in the words of the wire');
select throws_ok($$ select public.rotate_device_key(pg_temp.id('c1')) $$, '42501', null, 'it opens no route of people');
select throws_ok($$ select * from public.devices $$, '42501', null, 'and no table');
select pg_temp.be('authenticated', 'a1');
select throws_ok($$ select public.device_heartbeat() $$, '42501', null, 'people have no heartbeat');

-- rotate, revoke
insert into kept select 'rotated', public.rotate_device_key((select (value ->> 'device_id')::uuid from kept where name = 'rig'));
select lives_ok($$ select public.revoke_device((select (value ->> 'device_id')::uuid from kept where name = 'rig')) $$, 'an admin revokes');
select pg_temp.be('anon');
select throws_ok(format($$ select public.device_auth(%L) $$, pg_temp.key('rotated')), 'L0203', null, 'a revoked key is refused, rotated or not');
select set_config('request.jwt.claims', (select (value -> 'claims')::text from kept where name = 'token'), true);
set local role device;
select throws_ok($$ select public.device_heartbeat() $$, 'L0205', null, 'a token that has not expired does not help');

-- enrolment token
select pg_temp.be('authenticated', 'a1');
insert into kept select 'enrol', public.create_enrolment_token('1 hour');
select pg_temp.be('anon');
select is(
    public.register_device('b8:27:eb:00:00:03', 'Self', null, (select value ->> 'enrolment_token' from kept where name = 'enrol')) ->> 'company_id',
    '0f000000-0000-7000-8000-00000000000a', 'a rig registers itself with an enrolment token'
);
select throws_ok($$ select public.register_device('b8:27:eb:00:00:04', 'Self', null, (select value ->> 'enrolment_token' from kept where name = 'enrol')) $$,
    'L0204', null, 'once');
select throws_ok($$ select public.register_device('b8:27:eb:00:00:04', 'Self') $$, 'L0001', null, 'nobody registers without');
select * from finish();
rollback;
