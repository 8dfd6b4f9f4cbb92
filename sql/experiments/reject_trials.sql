-- purpose: tell agents which of their trials could not even be read.
-- caller: the edge, in the transaction of their dead letters, after ingest_trials.
-- promise: one data/ack per device and run in the outbox, with those trials in rejected and what is stored of the run besides; a run that
--   is not the device's has nothing stored for it. Devices that do not exist are not answered. Writes nothing else.
create or replace function private.reject_trials(
    p_items jsonb,
    p_now timestamptz default now()
) returns bigint
language sql
volatile
security definer
set search_path = ''
as $$
    with pair as (
        select
            i.device_id, i.deployment_id, range_agg(int8range(i.seq, i.seq, '[]')) as seqs,
            jsonb_agg(jsonb_build_object('seq', i.seq, 'reason', i.reason) order by i.seq) as rejected
        from jsonb_to_recordset(p_items) as i (device_id uuid, deployment_id uuid, seq bigint, reason text)
        group by i.device_id, i.deployment_id
    ),

    answered as (
        insert into private.mqtt_outbox (company_id, device_id, topic, payload, created_at, not_before, expires_at)
        select
            d.company_id, d.device_id, 'devices/' || d.device_id || '/data/ack',
            private.data_ack(p.deployment_id, s.have, p.seqs, null, p.rejected), p_now, p_now, p_now + interval '1 hour'
        from pair as p
        join public.devices as d on d.device_id = p.device_id and d.kind = 'rig'
        left join public.experiment_deployments as r
            on r.company_id = d.company_id and r.deployment_id = p.deployment_id and r.device_id = d.device_id
        left join private.deployment_streams as s on s.company_id = r.company_id and s.deployment_id = r.deployment_id
        order by p.device_id, p.deployment_id
        returning 1
    )

    select count(*) from answered;
$$;

comment on function private.reject_trials(jsonb, timestamptz) is
'Answers trials that were refused before ingest_trials: {device_id, deployment_id, seq, reason} become data/ack messages. Answers how many.';
revoke all on function private.reject_trials(jsonb, timestamptz) from public;
grant execute on function private.reject_trials(jsonb, timestamptz) to edge;
