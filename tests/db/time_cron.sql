-- Cron expressions: what is accepted, how it is read, what is refused and how that is said (field lessons 48, 49, 51).
begin;
set local search_path = public, extensions;
set local timezone = 'America/New_York'; -- no answer may depend on it
select plan(47);

create function pg_temp.per_day(p_expr text) returns int language sql as $$
    select count(*)::int from private.day_slots(p_expr, '2026-06-10', 'Europe/Berlin')
$$;

-- a Wednesday without clock change
select is(pg_temp.per_day('0 8,16 * * *'), 2, 'a list of hours');
select is(pg_temp.per_day('0 * * * *'), 24, 'every hour');
select is(pg_temp.per_day('*/15 * * * *'), 96, 'every quarter of an hour');
select is(pg_temp.per_day('* * * * *'), 1440, 'every minute');
select is(pg_temp.per_day('*/7 * * * *'), 216, 'a step that does not divide the hour');
select is(pg_temp.per_day('0 9-17 * * *'), 9, 'a range of hours');
select is(pg_temp.per_day('0 */5 * * *'), 5, 'a step that does not divide the day');
select is(pg_temp.per_day('30 8,16 * * *'), 2, 'minutes count');
select is(pg_temp.per_day('0 9-17/2 * * *'), 5, 'a range with a step');
select is(pg_temp.per_day('5/20 * * * *'), 72, 'a/n runs to the end of the field');
select is(pg_temp.per_day('*/100 * * * *'), 24, 'a step beyond the field leaves its first value');
select is(pg_temp.per_day('0,0,30,0-30/30 6 * * *'), 2, 'values named twice count once');
select is(pg_temp.per_day(E' \t0   8\t* * *  '), 1, 'blanks and tabs around and between');
select is(pg_temp.per_day('00 008 * * *'), 1, 'leading zeros');
select is(pg_temp.per_day('0 8 * JUN wed'), 1, 'names in any case');
select is(pg_temp.per_day('0 8 * jan-mar,dec MON-FRI'), 0, 'names in ranges and lists');
select is(pg_temp.per_day('0 8 10 * MON'), 1, 'day of month or day of week: the date matches');
select is(pg_temp.per_day('0 8 11 * WED'), 1, 'day of month or day of week: the weekday matches');
select is(pg_temp.per_day('0 8 */2 * WED'), 0, 'a day of month that begins with * must match too');
select is(pg_temp.per_day('0 8 10 * */2'), 0, 'a day of week that begins with * must match too');
select is(
    (select array[c0.days_of_week, c7.days_of_week] from private.cron_parse('0 0 * * 0') as c0, private.cron_parse('0 0 * * 7') as c7),
    array[[0], [0]],
    '0 and 7 are Sunday'
);
select is((private.cron_parse('0 0 * * 5-7')).days_of_week, array[0, 5, 6], 'a range may end on Sunday as 7');
select results_eq(
    $$ select minutes, hours, days_of_month, months, days_of_week, day_and, is_fixed from private.cron_parse('5,1 8-10 1 2 3') $$,
    $$ values (array[1, 5], array[8, 9, 10], array[1], array[2], array[3], false, true) $$,
    'the lists are sorted'
);

-- refused: (expression, the part of the detail that must be there)
create temporary table refused (expr text, detail text) on commit drop;
insert into refused values
    ('', 'found 0 fields'), ('0 8 * *', 'found 4 fields'), ('0 0 8 * * *', 'found 6 fields'), ('@daily', 'nickname'), ('@reboot', 'nickname'),
    ('60 * * * *', 'minute: a value is outside 0-59'), ('0 24 * * *', 'hour: a value is outside 0-23'),
    ('0 0 0 * *', 'day-of-month: a value is outside 1-31'), ('0 0 * 13 *', 'month: a value is outside 1-12'),
    ('0 0 * * 8', 'day-of-week: a value is outside 0-7'), ('99999999999999999999 * * * *', 'minute: a value is outside'),
    ('*/0 * * * *', 'minute: the step of "*/0" is zero'), ('30-10 * * * *', 'minute: the range "30-10" runs backwards'),
    ('0 0 * * FRI-SUN', 'day-of-week: the range'), ('0 0 L * *', 'day-of-month: "L"'), ('0 0 15W * *', 'day-of-month: "15W"'),
    ('0 0 * * 5L', 'day-of-week: "5L"'), ('0 0 * * 1#2', 'day-of-week: "1#2"'), ('0 0 ? * *', 'day-of-month: "?"'),
    ('0 0 * MON *', 'month: "MON"'), ('1,,2 * * * *', 'minute: ""'), ('-5 * * * *', 'minute: ""'), ('*/2/2 * * * *', 'minute: the step of "*/2/2"'), ('*/ * * * *', 'minute: the step'),
    ('*-5 * * * *', 'minute: "*"'), ('1-2-3 * * * *', 'minute: "2-3"'),
    ('0 0 31 2 *', 'no such day'), ('0 0 30 2 */2', 'no such day'), ('0 0 31 4,6,9,11 *', 'no such day'), (E'0 8 * * *\n', 'day-of-week'),
    ('garbage', 'found 1 fields'), (repeat('0,', 600) || '0 * * * *', 'more than 1000');

create function pg_temp.refusal(p_expr text) returns text language plpgsql as $$
declare
    v_detail text;
    v_hint text;
begin
    perform private.cron_check(p_expr);
    return 'accepted';
exception
    when sqlstate 'L0101' then
        get stacked diagnostics v_detail = pg_exception_detail, v_hint = pg_exception_hint;
        return case when v_hint <> '' and sqlerrm like 'invalid_cron%' then v_detail end;
end;
$$;

select is_empty(
    $$ select expr, pg_temp.refusal(expr) from refused where strpos(coalesce(pg_temp.refusal(expr), ''), detail) = 0 $$,
    'what is refused names the field and the fault'
);
select is_empty($$ select expr from refused where private.cron_is_valid(expr) $$, 'and is not valid');
select ok(private.cron_is_valid('0 0 31 2 1'), 'either day field is enough: Mondays in February');
select ok(private.cron_is_valid('0 0 29 2 *'), 'the 29th of February comes');
select ok(private.cron_is_valid(null) is null, 'no schedule is no bad schedule');
select lives_ok($$ select private.cron_check(null) $$, 'and passes the check');
select throws_ok(
    $$ select public.fn_cron_occurrences('0 25 * * *', '2026-01-01', '2026-01-02', 'UTC') $$, 'L0101', null, 'occurrences refuse it as well'
);

-- windows
select results_eq(
    $$ select public.fn_cron_occurrences('0 8 * * *', '2026-06-01 08:00Z', '2026-06-03 08:00Z', 'UTC') $$,
    $$ values ('2026-06-01 08:00Z'::timestamptz), ('2026-06-02 08:00Z') $$,
    'the window holds its beginning and not its end'
);
select is_empty($$ select public.fn_cron_occurrences('* * * * *', '2026-06-01', '2026-06-01', 'UTC') $$, 'an empty window is empty');
select is_empty($$ select public.fn_cron_occurrences('* * * * *', '2026-06-02', '2026-06-01', 'UTC') $$, 'so is one that runs backwards');
select is_empty($$ select public.fn_cron_occurrences(null, '2026-06-01', '2026-06-02', 'UTC') $$, 'no schedule, no occurrences');
select throws_ok(
    $$ select public.fn_cron_occurrences('* * * * *', '2026-06-01', 'infinity', 'UTC') $$, 'L0501', null, 'an endless window is refused'
);
select throws_ok(
    $$ select public.fn_cron_occurrences('* * * * *', '2026-06-01', '2127-01-01', 'UTC') $$, 'L0501', null, 'so is one of more than 100 years'
);
select results_eq(
    $$ select public.fn_cron_occurrences('0 0 29 2 *', '2096-01-01', '2105-01-01', 'UTC') $$,
    $$ values ('2096-02-29 00:00Z'::timestamptz), ('2104-02-29 00:00Z') $$,
    '2100 is no leap year'
);
select is(
    (select count(*) from public.fn_cron_occurrences('*/15 * * * *', '2026-01-01', '2036-01-01', 'America/New_York')),
    350592::bigint,
    'ten years of quarters of an hour'
);

-- clock changes as Debian's cron makes them
select results_eq(
    $$ select public.fn_cron_occurrences('15,30 2 * * *', '2026-03-08 05:00Z', '2026-03-09 04:00Z', 'America/New_York') $$,
    $$ values ('2026-03-08 07:00Z'::timestamptz) $$,
    'fixed times in the skipped hour run once, right after it'
);
select results_eq(
    $$ select public.fn_cron_occurrences('30 1 * * *', '2026-11-01 04:00Z', '2026-11-02 05:00Z', 'America/New_York') $$,
    $$ values ('2026-11-01 05:30Z'::timestamptz) $$,
    'a fixed time in the repeated hour runs once, the first time'
);
select is_empty(
    $$ select public.fn_cron_occurrences('*/30 2 * * *', '2026-03-08 05:00Z', '2026-03-09 04:00Z', 'America/New_York') $$,
    'a * schedule does not run at times the wall does not show'
);
select results_eq(
    $$ select public.fn_cron_occurrences('*/30 1 * * *', '2026-11-01 04:00Z', '2026-11-02 05:00Z', 'America/New_York') $$,
    $$ values ('2026-11-01 05:00Z'::timestamptz), ('2026-11-01 05:30Z'), ('2026-11-01 06:00Z'), ('2026-11-01 06:30Z') $$,
    'and runs twice in the repeated hour'
);
select results_eq(
    $$ select public.fn_cron_occurrences('30 1 * * *', '2026-11-01 05:40Z', '2026-11-01 07:00Z', 'America/New_York') $$,
    $$ select null::timestamptz where false $$,
    'a window that begins in the repeated hour knows that the fixed time has passed'
);
select results_eq(
    $$ select public.fn_cron_occurrences('0 0 * * *', '2026-09-05 12:00Z', '2026-09-06 12:00Z', 'America/Santiago') $$,
    $$ values ('2026-09-06 04:00Z'::timestamptz) $$,
    'a fixed midnight that is skipped runs at the jump'
);
select results_eq(
    $$ select public.fn_cron_occurrences('0 * * * *', '2026-10-03 14:00Z', '2026-10-03 17:30Z', 'Australia/Lord_Howe') $$,
    $$ values ('2026-10-03 14:30Z'::timestamptz), ('2026-10-03 16:00Z'), ('2026-10-03 17:00Z') $$,
    'half an hour is skipped: 2:00 is not shown'
);
select results_eq(
    $$ select public.fn_cron_occurrences('0 2 * * *', '2026-10-03 14:00Z', '2026-10-03 17:30Z', 'Australia/Lord_Howe') $$,
    $$ values ('2026-10-03 15:30Z'::timestamptz) $$,
    'but the fixed 2:00 runs, at half past'
);
select results_eq(
    $$ select public.fn_cron_occurrences('0 8 * * *', '2026-06-10 00:00Z', '2026-06-11 00:00Z', 'Asia/Kathmandu') $$,
    $$ values ('2026-06-10 02:15Z'::timestamptz) $$,
    'a zone of three quarters'
);

select * from finish();
rollback;
