-- Two programs, sites in three zones, cameras that wake every hour. Two in a hundred have been silent for hours.
with program as (
    insert into public.pilot_programs (company_id, program_name, program_type, start_date)
    select %(company)s, k.kind, k.kind, '2020-01-01' from (values ('control'), ('experimental')) as k (kind)
    returning program_id
),
site as (
    insert into public.sites (company_id, program_id, name, timezone, opened_until)
    select
        %(company)s, (array(select p.program_id from program as p))[1 + n %% 2], 'Site ' || n,
        (array['UTC', 'Asia/Tokyo', 'America/Bogota'])[1 + n %% 3],
        -- the stack's own opener leaves them to the fill
        'infinity'
    from generate_series(1, greatest(%(devices)s / %(per_site)s, 1)) as n
    returning site_id, timezone
),
numbered as (
    select s.site_id, row_number() over () as n from site as s
)
insert into public.devices (
    company_id, device_mac, name, kind, site_id, wake_schedule_cron, mapped_at, last_seen_at, next_wake_at,
    battery_voltage, wifi_rssi
)
select
    %(company)s, 'TEST-' || upper(replace(private.new_id()::text, '-', '')), 'Camera ' || s.n * 100 + k, 'camera',
    s.site_id, '0 * * * *', now() - interval '10 years', last_seen.at, date_trunc('hour', last_seen.at) + interval '1 hour', 3.9, -60
from numbered as s, generate_series(1, %(per_site)s) as k,
    lateral (
        select case
            when (s.n * %(per_site)s + k) %% 50 = 0 then now() - interval '5 hours' else date_trunc('hour', now())
        end as at
    ) as last_seen
