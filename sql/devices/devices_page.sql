-- purpose: screen 4 in one answer: a page of devices with their state.
-- caller: people, rpc/devices_page (GET).
-- promise: by name, then id, p_limit of them (at most 200) after the given pair ("next" has it, null at the end). States are computed for the page; a filter by state
--   computes them batch by batch until the page is full. Filters hold together. Row level security decides what is seen.
--   Errors: not_signed_in, bad_input (a state or kind that does not exist, half a key), limit_too_large.
create or replace function public.devices_page(
    p_limit int default 50,
    p_after_name text default null,
    p_after_device_id uuid default null,
    p_kind text default null,
    p_states text[] default null,
    p_site_id uuid default null,
    p_program_id uuid default null,
    p_search text default null,
    p_battery_below_v double precision default null,
    p_version text default null,
    p_archived boolean default false,
    p_now timestamptz default now()
) returns jsonb
language plpgsql
stable
set search_path = ''
as $$
#variable_conflict use_column
declare
    v_company_id uuid := public.get_active_company_id();
    -- Some states are of one kind only.
    v_kind text := coalesce(p_kind, case
        when p_states <@ array['asleep', 'due', 'late', 'silent', 'unscheduled'] then 'camera'
        when p_states <@ array['offline', 'online', 'running'] then 'rig'
    end);
    v_search text := nullif(lower(btrim(p_search)), '');
    v_mac text := nullif(upper(regexp_replace(p_search, '[:[:space:]-]', '', 'g')), '');
    v_name text := coalesce(p_after_name, '');
    v_id uuid := coalesce(p_after_device_id, '00000000-0000-0000-0000-000000000000');
    v_size int;
    v_batch record;
    v_ids uuid[] := '{}'::uuid[];
    v_next jsonb;
begin
    if v_company_id is null then
        perform private.fail('not_signed_in');
    end if;
    if p_limit is null or p_limit < 1 then
        perform private.fail('bad_input', 'p_limit: at least 1');
    end if;
    if p_limit > 200 then
        perform private.fail('limit_too_large', 'p_limit: at most 200');
    end if;
    if (p_after_name is null) <> (p_after_device_id is null) then
        perform private.fail('bad_input', 'p_after_name and p_after_device_id go together');
    end if;
    if p_kind not in ('camera', 'rig') then
        perform private.fail('bad_input', 'p_kind: camera or rig');
    end if;
    if not p_states <@ array['asleep', 'due', 'late', 'silent', 'unscheduled', 'offline', 'online', 'running', 'archived'] then
        perform private.fail('bad_input', 'p_states: asleep, due, late, silent, unscheduled, offline, online, running, archived');
    end if;

    -- One more than the page tells whether there is a next one. A rare state asks for larger and larger batches.
    v_size := p_limit + 1;
    loop
        select array_agg(k.device_id order by k.name, k.device_id) as ids, count(*) as found,
            (array_agg(k.name order by k.name desc, k.device_id desc))[1] as name, (array_agg(k.device_id order by k.name desc, k.device_id desc))[1] as id
        into v_batch
        from (
            select d.device_id, d.name
            from public.devices as d
            where d.company_id = v_company_id and (d.name, d.device_id) > (v_name, v_id)
                and (v_kind is null or d.kind = v_kind)
                and (d.archived_at is not null) = (coalesce(p_archived, false) or coalesce(p_states = '{archived}', false))
                and (p_site_id is null or d.site_id = p_site_id)
                and (p_program_id is null or d.site_id in (
                    select s.site_id from public.sites as s where s.company_id = v_company_id and s.program_id = p_program_id))
                and (v_search is null or strpos(lower(d.name), v_search) > 0 or strpos(d.device_mac, v_mac) > 0)
                and (p_battery_below_v is null or d.battery_voltage < p_battery_below_v)
                and (p_version is null or p_version in (d.firmware_version, d.agent_version))
            order by d.name, d.device_id
            limit v_size
        ) as k;
        exit when v_batch.found = 0;
        if p_states is null then
            v_ids := v_batch.ids;
            exit;
        end if;
        v_ids := v_ids || array(
            select n.device_id
            from private.states_of_devices(v_company_id, v_batch.ids, p_now) as n
            where n.state = any(p_states)
            order by array_position(v_batch.ids, n.device_id)
            limit p_limit + 1 - cardinality(v_ids)
        );
        exit when cardinality(v_ids) > p_limit or v_batch.found < v_size;
        v_name := v_batch.name;
        v_id := v_batch.id;
        v_size := least(greatest(v_size * 4, 200), 5000);
    end loop;

    if cardinality(v_ids) > p_limit then
        v_ids := v_ids[1:p_limit];
        select jsonb_build_object('p_after_name', d.name, 'p_after_device_id', d.device_id) into v_next
        from public.devices as d
        where d.company_id = v_company_id and d.device_id = v_ids[p_limit];
    end if;
    return jsonb_build_object(
        'as_of', p_now, 'devices', private.device_cards(v_company_id, v_ids, p_now),
        'next', v_next);
end;
$$;

comment on function public.devices_page(int, text, uuid, text, text[], uuid, uuid, text, double precision, text, boolean, timestamptz) is
'A page of devices by name: {as_of, devices: [{device_id, device_mac, name, kind, site_id, site_name, timezone, program_id, state, missed_wake_count, slot_at, late_at, wake_schedule_cron, last_seen_at, next_wake_at, battery_voltage (V), wifi_rssi (dBm), firmware_version, agent_version, archived_at, today: {session_id, session_date, expected, received, completed, failed, pending, extra} or null, run: {deployment_id, experiment_id, experiment_name, status, deployed_at, started_at} or null, open_alerts}], next: {p_after_name, p_after_device_id} or null}. Filters: p_kind, p_states, p_site_id, p_program_id, p_search (in name or MAC), p_battery_below_v (V), p_version (firmware or agent), p_archived. p_limit at most 200. Errors: not_signed_in (401), bad_input (422), limit_too_large (400).';
revoke all on function public.devices_page(int, text, uuid, text, text[], uuid, uuid, text, double precision, text, boolean, timestamptz)
from public;
grant execute on function public.devices_page(int, text, uuid, text, text[], uuid, uuid, text, double precision, text, boolean, timestamptz)
to authenticated;
