-- Local days, slots, windows and next wakes (field lessons 4, 38, 39, 40, 48, 50, 51, 53, 54).
begin;
set local search_path = public, extensions;
set local timezone = 'America/New_York'; -- no answer may depend on it
select plan(52);

create function pg_temp.hours(p_date date, p_tz text) returns numeric language sql as $$
    select round(extract(epoch from d.ends_at - d.starts_at) / 3600, 1) from private.local_day(p_date, p_tz) as d
$$;
create function pg_temp.infer(p_at timestamptz, p_cron text, p_tz text) returns text language sql as $$
    select format('%s %s %s', w.session_date, coalesce(w.wake_index::text, '-'), case when w.is_overage then 'overage' else 'ok' end)
    from public.fn_infer_wake_window_index(p_at, p_cron, p_tz) as w
$$;
create function pg_temp.next(p_cron text, p_tz text, p_after timestamptz) returns text language sql as $$
    select to_char(private.next_wake(p_cron, p_tz, p_after) at time zone 'UTC', 'YYYY-MM-DD HH24:MI')
$$;

-- days
select is(pg_temp.hours('2026-03-08', 'America/New_York'), 23.0, 'spring: 23 hours');
select is(pg_temp.hours('2026-11-01', 'America/New_York'), 25.0, 'autumn: 25 hours');
select is(pg_temp.hours('2026-06-10', 'America/New_York'), 24.0, 'else 24');
select is(pg_temp.hours('2026-10-04', 'Australia/Lord_Howe'), 23.5, 'Lord Howe changes by half an hour: 23.5');
select is(pg_temp.hours('2026-04-05', 'Australia/Lord_Howe'), 24.5, 'and 24.5');
select is(pg_temp.hours('2026-09-06', 'America/Santiago'), 23.0, 'Santiago skips midnight');
select is((private.local_day('2026-09-06', 'America/Santiago')).starts_at, '2026-09-06 04:00Z'::timestamptz, 'the day begins at the jump, 1:00');
select is(pg_temp.hours('2026-04-24', 'Africa/Cairo'), 23.0, 'so does Cairo');
select is(pg_temp.hours('2026-10-29', 'Africa/Cairo'), 25.0, 'whose clock falls back from midnight: the day before has 25');
select is(pg_temp.hours('2026-11-01', 'America/Havana'), 25.0, 'Havana has midnight twice: the day begins at the first');
select is(pg_temp.hours('2011-12-30', 'Pacific/Apia'), 0.0, 'a date the zone never had is empty');
select is(
    (select array[d.starts_at, d.ends_at] from private.local_day('2026-06-10', 'Asia/Kathmandu') as d),
    array['2026-06-09 18:15Z', '2026-06-10 18:15Z']::timestamptz[],
    'Kathmandu is 5:45 ahead'
);
select is(private.local_date('2026-02-11 02:30Z', 'America/New_York'), '2026-02-10'::date, 'an evening in New York is not the next day');
select is(private.local_date('2026-02-10 18:30Z', 'Asia/Kathmandu'), '2026-02-11'::date, 'in Kathmandu it is');

-- slots
select results_eq(
    $$ select slot_index, slot_at from private.day_slots('30 8,16 * * *', '2026-03-08', 'America/New_York') $$,
    $$ values (1, '2026-03-08 12:30Z'::timestamptz), (2, '2026-03-08 20:30Z') $$,
    'slots are numbered from 1, in the zone of the day'
);
select is((select count(*) from private.day_slots('0 * * * *', '2026-03-08', 'America/New_York')), 23::bigint, '23 hourly slots');
select is((select count(*) from private.day_slots('0 * * * *', '2026-11-01', 'America/New_York')), 25::bigint, '25 hourly slots');
select is((select count(*) from private.day_slots('0 0-23 * * *', '2026-11-01', 'America/New_York')), 24::bigint, '24 fixed hours, one once');
select results_eq(
    $$ select slot_index, slot_at from private.day_slots('0 0 * * *', '2026-09-06', 'America/Santiago') $$,
    $$ values (1, '2026-09-06 04:00Z'::timestamptz) $$,
    'a skipped midnight is still slot 1 of its day'
);
select is_empty($$ select * from private.day_slots('0 8 * * MON', '2026-06-10', 'UTC') $$, 'a day without slots');
select is_empty($$ select * from private.day_slots(null, '2026-06-10', 'UTC') $$, 'no schedule, no slots');

-- windows: lesson 48
select is(pg_temp.infer('2026-06-10 12:00Z', '0 8 * * *', 'America/New_York'), '2026-06-10 1 ok', 'New York 08:00 is slot 1');
select is(pg_temp.infer('2026-06-10 20:04Z', '0 8,16 * * *', 'America/New_York'), '2026-06-10 2 ok', 'four minutes late');
select is(pg_temp.infer('2026-06-10 19:57Z', '0 8,16 * * *', 'America/New_York'), '2026-06-10 2 ok', 'three minutes early');
select is(pg_temp.infer('2026-06-10 13:00Z', '0 8,16 * * *', 'America/New_York'), '2026-06-10 1 ok', 'an hour late is the tolerance');
select is(pg_temp.infer('2026-06-10 13:00:01Z', '0 8,16 * * *', 'America/New_York'), '2026-06-10 - overage', 'a second more is an overage');
select is(pg_temp.infer('2026-06-10 11:00Z', '0 8,16 * * *', 'America/New_York'), '2026-06-10 1 ok', 'an hour early');
select is(pg_temp.infer('2026-06-10 10:59:59Z', '0 8,16 * * *', 'America/New_York'), '2026-06-10 - overage', 'a second more');
select is(pg_temp.infer('2026-06-10 17:03Z', '0 * * * *', 'America/New_York'), '2026-06-10 14 ok', 'hourly: 13:03 is slot 14');
select is(pg_temp.infer('2026-06-10 16:31Z', '0 * * * *', 'America/New_York'), '2026-06-10 14 ok', 'hourly: 12:31 is nearer to 13:00');
select is(pg_temp.infer('2026-06-10 16:29Z', '0 * * * *', 'America/New_York'), '2026-06-10 13 ok', 'hourly: 12:29 is nearer to 12:00');
select is(pg_temp.infer('2026-06-10 16:30Z', '0 * * * *', 'America/New_York'), '2026-06-10 14 ok', 'half-way is the later slot''s');
select is(pg_temp.infer('2026-06-10 16:16Z', '*/15 * * * *', 'America/New_York'), '2026-06-10 50 ok', 'every quarter: 12:16 is slot 50');
select is(pg_temp.infer('2026-06-11 03:58Z', '0 0 * * *', 'America/New_York'), '2026-06-11 1 ok', '23:58 belongs to the next day''s midnight slot');
select is(pg_temp.infer('2026-06-11 03:55Z', '0 0 * * *', 'America/New_York'), '2026-06-11 1 ok', 'so does 23:55');
select is(pg_temp.infer('2026-06-11 04:05Z', '0 0 * * *', 'America/New_York'), '2026-06-11 1 ok', '00:05 too');
select is(pg_temp.infer('2026-06-11 04:10Z', '55 23 * * *', 'America/New_York'), '2026-06-10 1 ok', '00:10 belongs to the evening''s slot of the day before');
select is(pg_temp.infer('2026-06-11 01:30Z', '0 8 * * *', 'America/New_York'), '2026-06-10 - overage', 'an overage has the local date of its capture');
select is(pg_temp.infer('2026-06-11 01:30Z', null, 'America/New_York'), '2026-06-10 - overage', 'without a schedule every wake is an overage');
select is(pg_temp.infer('2026-11-01 06:00Z', '0 * * * *', 'America/New_York'), '2026-11-01 3 ok', 'the second 1:00 is the third slot');

-- next wake
select is(pg_temp.next('0 8 * * *', 'America/New_York', '2026-06-10 10:00Z'), '2026-06-10 12:00', 'New York 08:00 after 10:00Z, in summer');
select is(pg_temp.next('0 8 * * *', 'America/New_York', '2026-01-10 10:00Z'), '2026-01-10 13:00', 'New York 08:00 after 10:00Z, in winter');
select is(pg_temp.next('30 8,16 * * *', 'UTC', '2026-06-10 09:00Z'), '2026-06-10 16:30', 'minutes are kept');
select is(pg_temp.next('0 0,6,12,18 * * *', 'UTC', '2026-06-10 12:30Z'), '2026-06-10 18:00', 'a late wake returns to the grid');
select is(pg_temp.next('0 8,16 * * *', 'UTC', '2026-06-10 07:58Z'), '2026-06-10 16:00', 'two minutes early is not told to wake in two minutes');
select is(pg_temp.next('0 8,16 * * *', 'UTC', '2026-06-10 07:29Z'), '2026-06-10 08:00', 'beyond the guard of 30 minutes it is');
select is(pg_temp.next('*/10 * * * *', 'UTC', '2026-06-10 07:58Z'), '2026-06-10 08:10', 'dense schedules: the guard is half the gap');
select is(pg_temp.next('*/10 * * * *', 'UTC', '2026-06-10 08:03Z'), '2026-06-10 08:10', 'late within the gap: the next slot');
select is(pg_temp.next('0 0 29 2 *', 'UTC', '2097-01-01'), '2104-02-29 00:00', 'eight years away');
select is(pg_temp.next('0 8 * * *', null, '2026-06-10 10:31Z'), '2026-06-10 12:00', 'without a zone: a full UTC hour at least 30 minutes away');
select is(pg_temp.next(null, 'Asia/Kathmandu', '2026-06-10 10:30Z'), '2026-06-10 11:00', 'without a schedule too');

-- on the wire
select is(
    (
        select array_agg(private.wake_time_text(t.at) order by t.at)
        from unnest(array['2026-06-10 00:00Z', '2026-06-10 08:05Z', '2026-06-10 12:00Z', '2026-06-10 21:00Z', '2026-06-10 23:59:59Z']::timestamptz[])
            as t (at)
    ),
    array['12:00AM', '8:05AM', '12:00PM', '9:00PM', '11:59PM'],
    'a wake time is UTC, H:MMAM or PM'
);

select * from finish();
rollback;
