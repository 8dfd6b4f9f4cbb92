-- purpose: what acknowledge_alert, resolve_alert and comment_alert have in common.
-- caller: those three, after they have asked who calls.
-- promise: the change, its audit entry and, for a resolve, its notifications, in one transaction; answers the alert's row.
--   Errors: not_found, alert_resolved, bad_input.
create or replace function private.change_alert(
    p_company_id uuid,
    p_alert_id uuid,
    p_action text,
    p_comment text,
    p_now timestamptz default now()
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_comment text := nullif(trim(p_comment), '');
    v_before public.device_alerts;
    v_after public.device_alerts;
begin
    select * into v_before
    from public.device_alerts as a
    where a.company_id = p_company_id and a.alert_id = p_alert_id
    for no key update;
    if not found then
        perform private.fail('not_found', 'alert');
    elsif length(v_comment) > 2000 then
        perform private.fail('bad_input', 'comment: 2000 characters at most');
    elsif p_action = 'acknowledge_alert' and v_before.status = 'resolved' then
        perform private.fail('alert_resolved');
    end if;

    update public.device_alerts as a
    set
        status = case
            when p_action = 'acknowledge_alert' then 'acknowledged'
            when p_action = 'resolve_alert' then 'resolved'
            else a.status
        end,
        acknowledged_at = case when p_action = 'acknowledge_alert' then coalesce(a.acknowledged_at, p_now) else a.acknowledged_at end,
        acknowledged_by = case when p_action = 'acknowledge_alert' then coalesce(a.acknowledged_by, auth.uid()) else a.acknowledged_by end,
        resolved_at = case when p_action = 'resolve_alert' then coalesce(a.resolved_at, p_now) else a.resolved_at end,
        resolved_by = case when p_action = 'resolve_alert' and a.status <> 'resolved' then auth.uid() else a.resolved_by end,
        comment = coalesce(v_comment, a.comment)
    where a.company_id = p_company_id and a.alert_id = p_alert_id
    returning * into v_after;
    if v_after is distinct from v_before then
        insert into public.audit_log (company_id, at, actor_user_id, actor_role, action, entity, entity_id, old_row, new_row)
        values (
            p_company_id, p_now, auth.uid(), 'member', p_action, 'device_alerts', p_alert_id,
            jsonb_build_object('status', v_before.status, 'comment', v_before.comment),
            jsonb_build_object('status', v_after.status, 'comment', v_after.comment));
    end if;
    if v_before.status <> 'resolved' and v_after.status = 'resolved' then
        perform private.notify_alerts(array[p_company_id], array[p_alert_id], array['resolved'], p_now);
    end if;
    return to_jsonb(v_after);
end;
$$;

comment on function private.change_alert(uuid, uuid, text, text, timestamptz) is 'A person''s change of an alert: acknowledge, resolve or comment.';
revoke all on function private.change_alert(uuid, uuid, text, text, timestamptz) from public;
