-- The rig that a real agent plays (`lics demo-rig`): it waits for what is deployed to it.
insert into public.devices (company_id, device_id, device_mac, name, kind, site_id, mapped_at)
values (
    '019a0000-0000-7000-8000-00000000a001', :'lab_rig_id', '02A1C5000003', 'Lab rig', 'rig', '019a0000-0000-7000-8000-00000000e001', now()
)
on conflict do nothing;
insert into private.device_directory as y (device_mac, company_id, device_id)
values ('02A1C5000003', '019a0000-0000-7000-8000-00000000a001', :'lab_rig_id')
on conflict (device_mac) do update set company_id = excluded.company_id, device_id = excluded.device_id where y.device_id is null;
select count(private.put_rig_account('019a0000-0000-7000-8000-00000000a001', :'lab_rig_id', :'lab_rig_key')) as accounts
\gset

-- Rigs: one for trying things by hand, one that the simulated fleet plays; each with an experiment and one run that goes on.
create temporary table demo_rigs (
    device_id uuid, device_mac text, name text, device_api_key text, experiment_id uuid, experiment text, deployment_id uuid
) on commit drop;
insert into demo_rigs values
(
    :'demo_rig_id', '02A1C5000002', 'Bench rig', :'demo_rig_key',
    '019a0000-0000-7000-8000-00000000f001', 'Reaction time, by hand', :'demo_deployment_id'
),
(
    :'fleet_rig_id', '02F1EE000101', 'Stroop rig', :'fleet_rig_key',
    '019a0000-0000-7000-8000-00000000f002', 'Stroop', :'fleet_deployment_id'
);

insert into public.devices (company_id, device_id, device_mac, name, kind, site_id, mapped_at)
select
    '019a0000-0000-7000-8000-00000000a001', g.device_id, g.device_mac, g.name, 'rig', '019a0000-0000-7000-8000-00000000e001', now()
from demo_rigs as g
on conflict do nothing;

insert into private.device_directory as y (device_mac, company_id, device_id)
select g.device_mac, '019a0000-0000-7000-8000-00000000a001', g.device_id from demo_rigs as g
on conflict (device_mac) do update set company_id = excluded.company_id, device_id = excluded.device_id where y.device_id is null;

select count(private.put_rig_account('019a0000-0000-7000-8000-00000000a001', g.device_id, g.device_api_key)) as accounts
from demo_rigs as g
\gset

insert into public.experiments (company_id, experiment_id, name, description, python_code)
select
    '019a0000-0000-7000-8000-00000000a001', g.experiment_id, g.experiment, 'Part of the demo.',
    e'from psychopy import core\n\ncore.wait(1.0)\ncore.quit()\n'
from demo_rigs as g
on conflict do nothing;

-- The run is made once and renewed by every later run of this file, so that its time does not end and it can be used again after an end;
-- not while a person has another run on the rig.
insert into public.experiment_deployments (
    company_id, deployment_id, experiment_id, device_id, status, experiment_version, python_code, script_sha256, timeout_s,
    deployed_at, acked_at, started_at
)
select
    e.company_id, g.deployment_id, e.experiment_id, g.device_id, 'running', e.version, e.python_code, e.script_sha256, 86400, now(), now(), now()
from demo_rigs as g
join public.experiments as e on e.company_id = '019a0000-0000-7000-8000-00000000a001' and e.experiment_id = g.experiment_id
where not exists (
    select from public.experiment_deployments as r
    where
        r.company_id = e.company_id and r.device_id = g.device_id and r.deployment_id <> g.deployment_id
        and r.status in ('pending', 'acked', 'running')
)
on conflict (company_id, deployment_id) do update
set status = 'running', deployed_at = excluded.deployed_at, acked_at = excluded.acked_at, started_at = excluded.started_at, completed_at = null,
    ended_by = null, reason_code = null, error_log = null, cancel_requested_at = null, completeness = 'unknown', updated_at = now();
