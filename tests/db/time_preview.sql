-- What people call: the preview of a schedule, as its roles and with its errors (field lesson 54).
begin;
set local search_path = public, extensions;
select plan(12);

select results_eq(
    $$ select public.preview_schedule('0 8,16 * * *', 'America/New_York', 3, '2026-03-07 20:00Z') $$,
    $$ values ('2026-03-07 21:00Z'::timestamptz), ('2026-03-08 12:00Z'), ('2026-03-08 20:00Z') $$,
    'the next instants, across the clock change'
);
select is((select count(*) from public.preview_schedule('*/15 * * * *', 'UTC')), 10::bigint, 'ten by default');
select is((select count(*) from public.preview_schedule('0 0 29 2 *', 'UTC', 12, '2026-01-01')), 12::bigint, 'rare schedules too');
select throws_ok($$ select public.preview_schedule('0 25 * * *', 'UTC') $$, 'L0101', null, 'a bad expression');
select throws_ok($$ select public.preview_schedule(null, 'UTC') $$, 'L0101', null, 'no expression');
select throws_ok($$ select public.preview_schedule('0 8 * * *', 'FOO-3') $$, 'L0102', null, 'a bad zone');
select throws_ok($$ select public.preview_schedule('0 8 * * *', null) $$, 'L0102', null, 'no zone');
select throws_ok($$ select public.preview_schedule('0 8 * * *', 'UTC', 0) $$, 'L0501', null, 'no count');
select throws_ok($$ select public.preview_schedule('0 8 * * *', 'UTC', 1001) $$, 'L0502', null, 'too many');
select is_empty(
    $$ select n.name from unnest(array['Europe/Berlin', 'UTC', 'America/Argentina/Ushuaia']) as n (name) where not private.tz_is_valid(n.name)
       union all
       select n.name from unnest(array['europe/berlin', 'EST5', 'posix/UTC', '', 'localtime', '+01']) as n (name) where private.tz_is_valid(n.name) $$,
    'zones are the exact IANA names'
);

set local role authenticated;
select is((select count(*) from public.preview_schedule('0 8 * * *', 'UTC', 5)), 5::bigint, 'people may call it');
reset role;
set local role anon;
select throws_ok($$ select public.preview_schedule('0 8 * * *', 'UTC') $$, '42501', null, 'the public may not');
reset role;

select * from finish();
rollback;
