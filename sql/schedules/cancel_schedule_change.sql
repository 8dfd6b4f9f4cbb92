-- purpose: withdraw a schedule change before its midnight.
-- caller: people (member), rpc/cancel_schedule_change.
-- promise: a queued change will not be applied; an earlier request that it replaced does not come back. An applied one stays (applied: true).
--   Errors: not_signed_in, role_required, not_found.
create or replace function public.cancel_schedule_change(
    p_change_id uuid,
    p_now timestamptz default now()
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_company_id uuid := private.require_role('member');
    v_change public.device_schedule_changes;
begin
    -- The camera first, then its site: the opener either sees the withdrawal or has applied the change.
    perform private.lock_cameras(array[c.company_id], array[c.device_id], p_now)
    from public.device_schedule_changes as c
    where c.company_id = v_company_id and c.change_id = p_change_id;
    perform private.hold_midnight(array[d.company_id], array[d.site_id])
    from public.device_schedule_changes as c
    join public.devices as d on d.company_id = c.company_id and d.device_id = c.device_id
    where c.company_id = v_company_id and c.change_id = p_change_id and d.site_id is not null;
    update public.device_schedule_changes as c
    set superseded_at = p_now, cancelled_by = auth.uid()
    where c.company_id = v_company_id and c.change_id = p_change_id and c.applied_at is null and c.superseded_at is null;
    select * into v_change
    from public.device_schedule_changes as c
    where c.company_id = v_company_id and c.change_id = p_change_id;
    if not found then
        perform private.fail('not_found', 'schedule change');
    end if;
    return jsonb_build_object(
        'change_id', p_change_id, 'cancelled', v_change.cancelled_by is not null, 'applied', v_change.applied_at is not null);
end;
$$;

comment on function public.cancel_schedule_change(uuid, timestamptz) is
'Withdraws a queued schedule change; answers {change_id, cancelled, applied}. Errors: not_found, role_required.';
revoke all on function public.cancel_schedule_change(uuid, timestamptz) from public;
grant execute on function public.cancel_schedule_change(uuid, timestamptz) to authenticated;
