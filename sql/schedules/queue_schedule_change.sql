-- purpose: a schedule waits for its midnight.
-- caller: request_schedule_change; mapping a camera again at its own site.
-- promise: one queued change a device and date, the last one; the earlier ones are superseded. The caller has checked role, device and date.
create or replace function private.queue_schedule_change(
    p_company_id uuid,
    p_device_id uuid,
    p_cron text,
    p_date date,
    p_timezone text,
    p_now timestamptz default now()
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_at timestamptz := (private.local_day(p_date, p_timezone)).starts_at;
    v_in_text text := private.in_text(v_at, p_now);
    v_is_next boolean := p_date = private.local_date(p_now, p_timezone) + 1;
    v_change_id uuid;
begin
    perform private.cron_check(p_cron);
    -- Requests for one device follow each other: the last one stays.
    perform private.lock_cameras(array[p_company_id], array[p_device_id], p_now);
    update public.device_schedule_changes as c
    set superseded_at = p_now
    where c.company_id = p_company_id and c.device_id = p_device_id and c.effective_date = p_date
        and c.applied_at is null and c.superseded_at is null;
    insert into public.device_schedule_changes (company_id, device_id, new_wake_schedule_cron, requested_at, requested_by, effective_date)
    values (p_company_id, p_device_id, p_cron, p_now, auth.uid(), p_date)
    returning change_id into v_change_id;
    return jsonb_build_object(
        'change_id', v_change_id, 'effective_date', p_date, 'effective_at', v_at,
        'in_text', format('at midnight%s, %s', case when not v_is_next then ' on ' || p_date end, v_in_text),
        'message', format(
            'This change will take effect at midnight%s (%s from now)', case when not v_is_next then ' on ' || p_date end,
            regexp_replace(v_in_text, '^in ', '')));
end;
$$;

comment on function private.queue_schedule_change(uuid, uuid, text, date, text, timestamptz) is
'Queues a schedule for a local date; answers {change_id, effective_date, effective_at, in_text, message}.';
revoke all on function private.queue_schedule_change(uuid, uuid, text, date, text, timestamptz) from public;
