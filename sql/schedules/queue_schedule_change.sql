-- purpose: a schedule waits for its midnight.
-- caller: request_schedule_change; mapping a camera again at its own site.
-- promise: one queued change a device and date, the last one; the earlier ones are superseded. p_date null: the first day that has not begun and was not opened, judged
--   while no day of the site can be opened. The caller has checked the role and holds the camera's lock. Errors: invalid_cron, bad_input (no site, a date that has begun).
create or replace function private.queue_schedule_change(
    p_company_id uuid,
    p_device_id uuid,
    p_cron text,
    p_site_id uuid,
    p_date date,
    p_now timestamptz default now()
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_timezone text := (select s.timezone from public.sites as s where s.company_id = p_company_id and s.site_id = p_site_id);
    v_first date;
    v_date date;
    v_at timestamptz;
    v_in_text text;
    v_is_next boolean;
    v_change_id uuid;
begin
    perform private.cron_check(p_cron);
    if v_timezone is null then
        perform private.fail('bad_input', 'the device has no site');
    end if;
    -- Requests for one device follow each other: the last one stays. Neither does the day begin meanwhile.
    perform private.lock_cameras(array[p_company_id], array[p_device_id], p_now);
    perform private.hold_midnight(array[p_company_id], array[p_site_id]);
    v_first := private.first_free_date(p_company_id, p_site_id, p_now);
    v_date := coalesce(p_date, v_first);
    if v_date < v_first then
        perform private.fail('bad_input', 'effective_date: ' || v_first || ' at the earliest');
    end if;
    v_at := (private.local_day(v_date, v_timezone)).starts_at;
    v_in_text := private.in_text(v_at, p_now);
    v_is_next := v_date = private.local_date(p_now, v_timezone) + 1;

    update public.device_schedule_changes as c
    set superseded_at = p_now
    where c.company_id = p_company_id and c.device_id = p_device_id and c.effective_date = v_date
        and c.applied_at is null and c.superseded_at is null;
    insert into public.device_schedule_changes (company_id, device_id, new_wake_schedule_cron, requested_at, requested_by, effective_date)
    values (p_company_id, p_device_id, p_cron, p_now, auth.uid(), v_date)
    returning change_id into v_change_id;
    return jsonb_build_object(
        'change_id', v_change_id, 'effective_date', v_date, 'effective_at', v_at,
        'in_text', format('at midnight%s, %s', case when not v_is_next then ' on ' || v_date end, v_in_text),
        'message', format(
            'This change will take effect at midnight%s (%s from now)', case when not v_is_next then ' on ' || v_date end,
            regexp_replace(v_in_text, '^in ', '')));
end;
$$;

comment on function private.queue_schedule_change(uuid, uuid, text, uuid, date, timestamptz) is
'Queues a schedule for a local date; answers {change_id, effective_date, effective_at, in_text, message}.';
revoke all on function private.queue_schedule_change(uuid, uuid, text, uuid, date, timestamptz) from public;
