-- purpose: store a batch of log lines.
-- caller: the edge, one call a batch, lines of many rigs in arrival order.
-- promise: a line of a run with a number is one row however often it comes; lines without a number are kept as they come. At most 8 KiB a
--   line, marked where it was cut; an unknown level becomes INFO with the raw level in context. Answers the refused items:
--   unknown_device, unknown_deployment, device_mismatch.
create or replace function private.ingest_logs(
    p_items jsonb,
    p_now timestamptz default now()
) returns table (
    idx int,
    reason text,
    detail text
)
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_refused jsonb;
    v_devices uuid[];
begin
    with item as materialized (
        select
            (t.ord - 1)::int as idx, t.device_id, t.deployment_id, upper(t.level) as level,
            private.cut_text(t.message, 8192) as message, t.line_no, t.at, t.stream, t.boot_id,
            case when jsonb_typeof(t.context) = 'object' then t.context else '{}' end
            || case
                when upper(t.level) not in ('DEBUG', 'INFO', 'WARNING', 'ERROR') then jsonb_build_object('raw_level', t.level) else '{}'
            end
            || case when octet_length(t.message) > 8192 then jsonb_build_object('cut_from_bytes', octet_length(t.message)) else '{}' end
            as context
        from rows from (
            jsonb_to_recordset(p_items) as (
                device_id uuid, deployment_id uuid, level text, message text, line_no bigint, at timestamptz, stream text, context jsonb,
                boot_id text
            )
        ) with ordinality as t (device_id, deployment_id, level, message, line_no, at, stream, context, boot_id, ord)
    ),

    pair as materialized (
        select
            p.device_id, p.deployment_id, d.company_id,
            case
                when d.device_id is null then 'unknown_device'
                when p.deployment_id is null then null
                when r.deployment_id is null then 'unknown_deployment'
                when r.device_id <> d.device_id or r.company_id <> d.company_id then 'device_mismatch'
            end as reason
        from (select distinct i.device_id, i.deployment_id from item as i) as p
        left join public.devices as d on d.device_id = p.device_id and d.kind = 'rig'
        left join public.experiment_deployments as r on r.deployment_id = p.deployment_id
    ),

    judged as (
        select i.*, p.company_id, p.reason
        from item as i
        join pair as p on p.device_id = i.device_id and p.deployment_id is not distinct from i.deployment_id
    ),

    stored as (
        insert into public.device_logs (
            company_id, device_id, deployment_id, level, message, line_no, stream, context, boot_id, created_at, received_at
        )
        select
            j.company_id, j.device_id, j.deployment_id,
            case when j.level in ('DEBUG', 'INFO', 'WARNING', 'ERROR') then j.level else 'INFO' end, j.message, j.line_no, j.stream,
            j.context, j.boot_id, coalesce(j.at, p_now), p_now
        from judged as j
        where j.reason is null
        -- in the order of the key: two batches with the same lines wait for each other instead of deadlocking
        order by j.deployment_id, j.line_no, j.idx
        on conflict do nothing
    )

    select
        jsonb_agg(jsonb_build_object('idx', j.idx, 'reason', j.reason, 'deployment_id', j.deployment_id)) filter (where j.reason is not null),
        array_agg(distinct j.device_id) filter (where j.company_id is not null)
    into v_refused, v_devices
    from judged as j;

    perform private.touch_devices(v_devices, p_now);
    return query
    select l.idx, l.reason, 'deployment ' || l.deployment_id
    from jsonb_to_recordset(v_refused) as l (idx int, reason text, deployment_id uuid)
    order by l.idx;
end;
$$;

comment on function private.ingest_logs(jsonb, timestamptz) is
'Stores a batch of log lines. Answers (idx, reason, detail) of the refused items.';
revoke all on function private.ingest_logs(jsonb, timestamptz) from public;
grant execute on function private.ingest_logs(jsonb, timestamptz) to edge;
