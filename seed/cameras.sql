-- Cameras: one for trying things by hand, eight that the simulated fleet plays, one of the second company. Broker user = MAC.
create temporary table demo_cameras (
    company_id uuid, device_id uuid, device_mac text, name text, site_id uuid, wake_schedule_cron text, password text
) on commit drop;
insert into demo_cameras values (
    '019a0000-0000-7000-8000-00000000a001', '019a0000-0000-7000-8000-00000000c100', private.canonical_mac(:'demo_camera_mac'),
    'Bench camera', '019a0000-0000-7000-8000-00000000e001', '0 8,20 * * *', :'demo_camera_mqtt_password'
);
insert into demo_cameras
select
    '019a0000-0000-7000-8000-00000000a001', ('019a0000-0000-7000-8000-00000000c1' || lpad(to_hex(f.n), 2, '0'))::uuid,
    '02F1EE0000' || lpad(upper(to_hex(f.n)), 2, '0'), f.name, f.site_id::uuid, f.schedule, :'fleet_password'
from (
    values
    (1, 'Bed 1', '019a0000-0000-7000-8000-00000000e001', '0 0,2,4,6,8,10,12,14,16,18,20,22 * * *'),
    (2, 'Bed 2', '019a0000-0000-7000-8000-00000000e001', '30 0,2,4,6,8,10,12,14,16,18,20,22 * * *'),
    (3, 'Bed 3', '019a0000-0000-7000-8000-00000000e001', '0,30 6,7,8,9,10,11,12,13,14,15,16,17,18 * * *'),
    (4, 'Row A', '019a0000-0000-7000-8000-00000000e002', '15 0,3,6,9,12,15,18,21 * * *'),
    (5, 'Row B', '019a0000-0000-7000-8000-00000000e002', '15,45 8,12,16,20 * * *'),
    (6, 'Row C', '019a0000-0000-7000-8000-00000000e002', '0 6,18 * * *'),
    (7, 'Ridge north', '019a0000-0000-7000-8000-00000000e003', '0 0,4,8,12,16,20 * * *'),
    (8, 'Ridge south', '019a0000-0000-7000-8000-00000000e003', '20,50 5,11,17,23 * * *')
) as f (n, name, site_id, schedule);
-- Nobody plays it: it only shows that one company's camera is none of the other's business.
insert into demo_cameras values (
    '019a0000-0000-7000-8000-00000000a002', '019a0000-0000-7000-8000-00000000c200', 'VIRTUAL:HARBOUR-1',
    'Shelf 1', '019a0000-0000-7000-8000-00000000e004', '0 7,19 * * *', null
);

insert into public.devices (company_id, device_id, device_mac, name, kind, site_id, wake_schedule_cron, mapped_at)
select c.company_id, c.device_id, c.device_mac, c.name, 'camera', c.site_id, c.wake_schedule_cron, now() from demo_cameras as c
on conflict do nothing;

-- The directory is global: a MAC that a person has mapped elsewhere meanwhile stays there.
insert into private.device_directory as y (device_mac, company_id, device_id)
select c.device_mac, c.company_id, c.device_id
from demo_cameras as c
where exists (select from public.devices as d where d.company_id = c.company_id and d.device_id = c.device_id)
on conflict (device_mac) do update set company_id = excluded.company_id, device_id = excluded.device_id where y.device_id is null;

select count(private.put_account(c.company_id, c.device_id, private.camera_username(c.device_mac), 'camera', c.password)) as accounts
from demo_cameras as c
where c.password is not null
\gset
