-- purpose: a company's devices at once.
-- caller: people (admin), rpc/import_devices.
-- promise: rows {device_mac, name, kind, site, wake_schedule_cron}, at most 10,000; each is created, exists or error, and one bad row harms none. The MACs are the
--   company's from then on: its admins map them. No account is made: cameras come with the company's fleet account at once (rotate_fleet_account), or
--   each with its own (create_camera_accounts); rigs get a key by rotate_device_key. A dry run changes nothing.
--   Errors: not_signed_in, role_required, bad_input (not an array), limit_too_large.
create or replace function public.import_devices(
    p_rows jsonb,
    p_dry_run boolean default false,
    p_now timestamptz default now()
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_company_id uuid := private.require_role('admin');
    v_checked jsonb;
    v_created jsonb := '{}'::jsonb;
    v_result jsonb;
begin
    if jsonb_typeof(p_rows) is distinct from 'array' then
        perform private.fail('bad_input', 'p_rows: an array of rows');
    elsif jsonb_array_length(p_rows) > 10000 then
        perform private.fail('limit_too_large', 'p_rows: at most 10,000');
    end if;
    if not p_dry_run then
        -- The directory decides between two companies: its rows are made and locked, in one order, before anything is judged.
        insert into private.device_directory (device_mac, company_id, first_seen_at, last_seen_at)
        select c.device_mac, v_company_id, p_now, p_now
        from private.check_import(v_company_id, p_rows) as c
        where c.error is null and c.device_id is null
        order by c.device_mac
        on conflict (device_mac) do nothing;
        perform from private.device_directory as y
        where y.device_mac in (select private.canonical_mac(i.item ->> 'device_mac') from jsonb_array_elements(p_rows) as i (item))
        order by y.device_mac
        for update;
    end if;
    v_checked := (select coalesce(jsonb_agg(to_jsonb(c) order by c.row_number), '[]') from private.check_import(v_company_id, p_rows) as c);

    if not p_dry_run then
        with made as (
            insert into public.devices (
                company_id, device_mac, name, kind, site_id, wake_schedule_cron, mapped_at, created_by, created_at, updated_at)
            select
                v_company_id, c.device_mac, c.name, c.kind, c.site_id, c.wake_schedule_cron, case when c.site_id is not null then p_now end,
                auth.uid(), p_now, p_now
            from jsonb_to_recordset(v_checked) as c (
                device_mac text, name text, kind text, site_id uuid, wake_schedule_cron text, device_id uuid, error text)
            where c.error is null and c.device_id is null
            returning device_mac, device_id
        ), entered as (
            update private.device_directory as y
            set company_id = v_company_id, device_id = m.device_id
            from made as m
            where y.device_mac = m.device_mac
        )
        select coalesce(jsonb_object_agg(m.device_mac, m.device_id), '{}') into v_created from made as m;
    end if;
    if v_created <> '{}' then
        perform private.join_sites(v_company_id, array(select i.value::uuid from jsonb_each_text(v_created) as i), p_now);
        perform private.bump_broker_generation();
    end if;

    select
        jsonb_build_object(
            'dry_run', p_dry_run, 'created', count(*) filter (where r.status = 'created'),
            'exists', count(*) filter (where r.status = 'exists'), 'errors', count(*) filter (where r.status = 'error'),
            'rows', coalesce(jsonb_agg(jsonb_build_object(
                'row', r.row_number, 'status', r.status, 'device_mac', r.device_mac, 'device_id', r.device_id,
                'code', r.code, 'message', r.message) order by r.row_number), '[]'))
    into v_result
    from (
        select
            c.row_number, c.device_mac, case when c.error is null then coalesce(c.device_id, (v_created ->> c.device_mac)::uuid) end as device_id, e.code,
            case when c.error is not null then 'error' when c.device_id is not null then 'exists' else 'created' end as status,
            coalesce(e.name || ': ' || e.message || coalesce(' (' || c.detail || ')', ''), c.detail) as message
        from jsonb_to_recordset(v_checked) as c (row_number int, device_mac text, device_id uuid, error text, detail text)
        left join private.error_codes as e on e.name = c.error
    ) as r;
    if not p_dry_run then
        insert into public.audit_log (company_id, at, actor_user_id, actor_role, action, entity, new_row)
        values (v_company_id, p_now, auth.uid(), 'admin', 'import_devices', 'devices', v_result - 'rows');
    end if;
    return v_result;
end;
$$;

comment on function public.import_devices(jsonb, boolean, timestamptz) is
'Imports up to 10,000 devices (admins); rows {device_mac, name, kind, site, wake_schedule_cron}. Answers {dry_run, created, exists, errors, rows: [{row, status, device_mac, device_id, code, message}]}. Errors: bad_input, limit_too_large, role_required.';
revoke all on function public.import_devices(jsonb, boolean, timestamptz) from public;
grant execute on function public.import_devices(jsonb, boolean, timestamptz) to authenticated;
