-- purpose: the text of Mosquitto's two files, made from the accounts.
-- caller: the edge, whenever broker_generation() has moved.
-- promise: every account that is not revoked and whose device is not retired, and nobody else. Rigs: one pattern, since the user is the
--   device_id. Cameras: a block for each; a fleet account: a block with all cameras of its company. The edge reads what devices write and
--   writes what they read. The enrolment account: a HELLO on any id, and the answers to the id it has as its client id.
--   Parameters: the names of the edge's and the enrolment account that count now; accounts of these kinds with another name are left out.
create or replace function private.broker_files(
    p_edge_user text default null,
    p_enrol_user text default null
) returns table (
    generation bigint,
    passwd text,
    acl text
)
language sql
stable
security definer
set search_path = ''
as $$
    with account as materialized (
        select c.username, c.kind, c.company_id, c.password_hash, d.device_mac
        from private.credentials as c
        left join public.devices as d on d.company_id = c.company_id and d.device_id = c.device_id
        where
            c.revoked_at is null and d.archived_at is null
            and (c.kind <> 'edge' or c.username = coalesce(p_edge_user, c.username))
            and (c.kind <> 'enrol' or c.username = coalesce(p_enrol_user, c.username))
    ),

    block as (
        select a.username, private.mac_topics(a.device_mac) as topics
        from account as a
        where a.kind = 'camera'
        union all
        select a.username, string_agg(private.mac_topics(d.device_mac), e'\n' order by d.device_mac)
        from account as a
        join public.devices as d on d.company_id = a.company_id and d.kind = 'camera' and d.archived_at is null
        where a.kind = 'fleet'
        group by a.username
        union all
        select a.username, string_agg(format('topic %s %s', t.access, t.topic), e'\n' order by t.topic, t.access)
        from account as a
        join (
            values
            ('edge', 'read', 'devices/+/ack'), ('edge', 'read', 'devices/+/status'), ('edge', 'read', 'devices/+/heartbeat'),
            ('edge', 'read', 'devices/+/data'), ('edge', 'read', 'devices/+/logs'),
            ('edge', 'write', 'devices/+/command'), ('edge', 'write', 'devices/+/data/ack'),
            ('edge', 'read', 'device/+/status'), ('edge', 'read', 'device/+/data'),
            ('edge', 'write', 'device/+/cmd'), ('edge', 'write', 'device/+/ack'),
            ('edge', 'read', 'ESP32CAM/+/status'), ('edge', 'read', 'ESP32CAM/+/data'),
            ('edge', 'write', 'ESP32CAM/+/cmd'), ('edge', 'write', 'ESP32CAM/+/ack'),
            -- both ways, so that a bridge from an enrolment broker of its own can use this account too
            ('edge', 'readwrite', 'enrol/+/+/status'), ('edge', 'readwrite', 'enrol/+/+/cmd'), ('edge', 'readwrite', 'enrol/+/+/ack'),
            ('edge', 'read', '$SYS/#'),
            ('enrol', 'write', 'enrol/+/+/status')
        ) as t (kind, access, topic) on t.kind = a.kind
        group by a.username
    )

    select
        (select g.generation from private.broker_generation as g),
        coalesce((select string_agg(a.username || ':' || a.password_hash || e'\n', '' order by a.username) from account as a), ''),
        -- A pattern counts for every account: it must be harmless for one whose user is no device_id and whose client id is no MAC.
        (
            select string_agg('pattern ' || p.line || e'\n', '' order by p.line)
            from (
                values
                ('write devices/%u/ack'), ('write devices/%u/status'), ('write devices/%u/heartbeat'), ('write devices/%u/data'),
                ('write devices/%u/logs'), ('read devices/%u/command'), ('read devices/%u/data/ack'),
                ('read enrol/+/%c/cmd'), ('read enrol/+/%c/ack')
            ) as p (line)
        )
        || coalesce((select string_agg(e'\nuser ' || b.username || e'\n' || b.topics || e'\n', '' order by b.username) from block as b), '');
$$;

comment on function private.broker_files(text, text) is
'Generation, password file and access list of the broker, from the accounts that are valid now.';
revoke all on function private.broker_files(text, text) from public;
grant execute on function private.broker_files(text, text) to edge;
