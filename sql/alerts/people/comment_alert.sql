-- purpose: somebody writes a remark on an alert, open or not.
-- caller: people (member), rpc/comment_alert.
-- promise: the alert shows the newest remark; every one is in the audit log. Errors: not_signed_in, role_required, not_found, bad_input.
create or replace function public.comment_alert(
    p_alert_id uuid,
    p_comment text,
    p_now timestamptz default now()
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_company_id uuid := private.require_role('member');
begin
    if coalesce(trim(p_comment), '') = '' then
        perform private.fail('bad_input', 'comment');
    end if;
    return private.change_alert(v_company_id, p_alert_id, 'comment_alert', p_comment, p_now);
end;
$$;

comment on function public.comment_alert(uuid, text, timestamptz) is
'Writes a remark on an alert; answers its row. Members. Errors: not_found (404), bad_input (422), role_required (403).';
revoke all on function public.comment_alert(uuid, text, timestamptz) from public;
grant execute on function public.comment_alert(uuid, text, timestamptz) to authenticated;
