-- purpose: keep what made no row.
-- caller: the edge, in the transaction of the message's neighbours.
-- promise: one row per message with the first 64 KiB of the payload and its whole length; company and device where the topic names them.
create or replace function private.store_dead_letters(
    p_topics text[],
    p_payloads bytea[],
    p_reasons text[],
    p_details text[],
    p_now timestamptz default now()
) returns bigint
language sql
volatile
security definer
set search_path = ''
as $$
    with letter as materialized (
        select
            l.*,
            string_to_array(case when l.topic like 'enrol/%' then substr(l.topic, 7) else l.topic end, '/') as part
        from unnest(p_topics, p_payloads, p_reasons, p_details) with ordinality as l (topic, payload, reason, detail, ord)
    ),

    kept as (
        insert into private.mqtt_dead_letters (topic, payload, payload_bytes, reason, detail, company_id, device_id, received_at)
        select
            l.topic, substring(coalesce(l.payload, ''::bytea) from 1 for 65536), coalesce(length(l.payload), 0), l.reason,
            left(l.detail, 2000), coalesce(rig.company_id, cam.company_id), coalesce(rig.device_id, cam.device_id), p_now
        from letter as l
        left join public.devices as rig
            on l.part[1] = 'devices'
            and rig.device_id = case
                when l.part[2] ~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' then l.part[2]::uuid
            end
        left join private.device_directory as cam
            on l.part[1] in ('device', 'ESP32CAM') and cam.device_mac = private.canonical_mac(l.part[2])
        order by l.ord
        returning 1
    )

    select count(*) from kept;
$$;

comment on function private.store_dead_letters(text[], bytea[], text[], text[], timestamptz) is
'Stores refused messages, parallel arrays; answers how many.';
revoke all on function private.store_dead_letters(text[], bytea[], text[], text[], timestamptz) from public;
grant execute on function private.store_dead_letters(text[], bytea[], text[], text[], timestamptz) to edge;
