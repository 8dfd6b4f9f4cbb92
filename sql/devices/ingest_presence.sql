-- purpose: note which rigs live.
-- caller: the edge, with a batch of heartbeats, online messages and last wills; device_heartbeat.
-- promise: the newest fact of a device in the batch counts; a will is a time of its own and never a state of a run. A heartbeat that tells
--   what runs, and leaves out a run that its rig had reported as running before this transaction, is counted (due_runs ends the run
--   at two); one that tells nothing says nothing.
--   Answers the refused items: unknown_device.
create or replace function private.ingest_presence(
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
begin
    -- In the order of the key: two batches wait for each other instead of deadlocking. No key update: trials that refer to the device go on.
    perform from public.devices as d
    where d.device_id in (select (i.item ->> 'device_id')::uuid from jsonb_array_elements(p_items) as i (item))
    order by d.device_id
    for no key update;

    update public.devices as d
    set last_seen_at = case when f.will then d.last_seen_at else p_now end,
        last_will_at = case
            when f.will then p_now
            -- the same instant: the later message wins
            when d.last_will_at >= p_now then null
            else d.last_will_at
        end,
        boot_id = coalesce(f.boot_id, d.boot_id),
        agent_version = coalesce(f.agent_version, d.agent_version),
        updated_at = p_now
    from (
        select
            i.device_id,
            (array_agg(i.kind = 'status' and i.status = 'offline' order by i.ord desc))[1] as will,
            (array_agg(i.boot_id order by i.ord desc) filter (where i.boot_id is not null))[1] as boot_id,
            (array_agg(i.agent_version order by i.ord desc) filter (where i.agent_version is not null))[1] as agent_version
        from rows from (
            jsonb_to_recordset(p_items) as (device_id uuid, kind text, status text, boot_id text, agent_version text)
        ) with ordinality as i (device_id, kind, status, boot_id, agent_version, ord)
        group by i.device_id
    ) as f
    where d.device_id = f.device_id and d.kind = 'rig';

    if p_items @? '$[*] ? (@.running.type() == "array")' then
        perform private.note_absences(p_items, p_now);
    end if;

    return query
    select (i.ord - 1)::int, 'unknown_device', 'device ' || i.device_id::text
    from rows from (jsonb_to_recordset(p_items) as (device_id uuid)) with ordinality as i (device_id, ord)
    where not exists (select from public.devices as d where d.device_id = i.device_id and d.kind = 'rig')
    order by i.ord;
end;
$$;

comment on function private.ingest_presence(jsonb, timestamptz) is
'Heartbeats and wills of rigs: last seen, last will, boot. Answers (idx, reason, detail) of the refused items.';
revoke all on function private.ingest_presence(jsonb, timestamptz) from public;
grant execute on function private.ingest_presence(jsonb, timestamptz) to edge;
