-- The outbox and the dead letters.
begin;
set local search_path = public, extensions;
set local client_min_messages = warning;
select plan(19);
\ir fixtures/rigs.psql
update private.mqtt_outbox set published_at = now() where published_at is null;
insert into private.mqtt_outbox (topic, payload, not_before, expires_at) values
('t/1', '1', '2026-03-01T10:00:00Z', null), ('t/2', '2', '2026-03-01T10:00:00Z', null),
('t/later', '3', '2026-03-01T11:00:00Z', null), ('t/expired', '4', '2026-03-01T09:00:00Z', '2026-03-01T09:30:00Z');
create function pg_temp.claim(p_limit int, p_now timestamptz) returns text
language sql
as $$ select string_agg(topic, ',' order by outbox_id) from private.claim_outbox(p_limit, '10 s', p_now) $$;

select pg_temp.be('edge');
select is(pg_temp.claim(1, '2026-03-01T10:00:00Z'), 't/1', 'oldest first, as many as asked');
select is(pg_temp.claim(9, '2026-03-01T10:00:01Z'), 't/2', 'what is leased, expired or not due is not given');
select is(pg_temp.claim(9, '2026-03-01T10:00:05Z'), null, 'within the lease nothing is given twice');
select is(pg_temp.claim(9, '2026-03-01T10:00:10Z'), 't/1', 'after the lease it is');
select throws_ok($$ select * from private.mqtt_outbox $$, '42501', null, 'handlers read it through the function only');
select throws_ok($$ select * from private.claim_outbox(0, '1 s') $$, 'L0501', null, 'a limit of nothing is refused');
select pg_temp.be('lics_owner');
select is(private.mark_published((select array_agg(outbox_id) from private.mqtt_outbox where topic in ('t/1', 't/2'))), 2::bigint, 'published');
select is(pg_temp.claim(9, '2026-03-01T10:05:00Z'), null, 'never again');
select is(private.mark_published((select array_agg(outbox_id) from private.mqtt_outbox where topic in ('t/1', 't/2'))), 0::bigint, 'saying so twice is harmless');
select is(pg_temp.claim(9, '2026-03-01T11:00:00Z'), 't/later', 'what was not due becomes due');

-- dead letters
insert into private.device_directory (device_mac, company_id, device_id) values ('0F00000000A1', '0f000000-0000-7000-8000-00000000000a', pg_temp.id('c1'));
select is(private.store_dead_letters(
    array['devices/0f000000-0000-7000-8000-0000000000c1/data', 'devices/nonsense/data', 'enrol/ESP32CAM/0f:00:00:00:00:a1/status', 'x'],
    array['{', decode(repeat('00', 70000), 'hex'), '\xff00', null]::bytea[],
    array['not_json', 'too_large', 'bad_unicode', 'bad_topic'], array['line 1', null, null, null], '2026-03-01T10:00:00Z'), 4::bigint, 'stored');
select results_eq(
    $$ select topic, length(payload), payload_bytes, reason, detail, company_id, device_id from private.mqtt_dead_letters where received_at = '2026-03-01T10:00:00Z' order by topic $$,
    $$ values ('devices/0f000000-0000-7000-8000-0000000000c1/data', 1, 1, 'not_json', 'line 1', '0f000000-0000-7000-8000-00000000000a'::uuid, pg_temp.id('c1')),
        ('devices/nonsense/data', 65536, 70000, 'too_large', null, null, null),
        ('enrol/ESP32CAM/0f:00:00:00:00:a1/status', 2, 2, 'bad_unicode', null, '0f000000-0000-7000-8000-00000000000a', pg_temp.id('c1')),
        ('x', 0, 0, 'bad_topic', null, null, null) $$,
    'cut at 64 KiB, with the whole length, and whose they are where the topic tells');
select throws_ok($$ select private.store_dead_letters(array['x'], array['x']::bytea[], array['because'], array[null]) $$, '23514', null, 'the reasons are a closed list');
update public.users set is_super_admin = true where user_id = pg_temp.id('a1');
select pg_temp.be('authenticated', 'a1');
select is((select count(*)::int from public.list_dead_letters(1000) where received_at = '2026-03-01T10:00:00Z'), 4, 'super admins read them');
select is((select payload from public.list_dead_letters(1000) where topic like 'enrol/ESP32CAM/0f:%'), '\377\000', 'bytes that are no text are escaped');
select is((select count(*)::int from public.list_dead_letters(1)), 1, 'in pages');
select throws_ok($$ select * from public.list_dead_letters(1001) $$, 'L0502', null, 'of at most 1,000');
select pg_temp.be('authenticated', 'b1');
select throws_ok($$ select * from public.list_dead_letters() $$, 'L0002', null, 'nobody else');
select pg_temp.be('anon');
select throws_ok($$ select * from public.list_dead_letters() $$, '42501', null, 'least of all nobody');
select * from finish();
rollback;
