-- purpose: somebody closes an alert.
-- caller: people (member), rpc/resolve_alert.
-- promise: resolved, with who and when, and whoever was told that it opened is told; again is allowed and changes nothing. If the cause goes on, the
--   next look opens a new alert. Errors: not_signed_in, role_required, not_found, bad_input.
create or replace function public.resolve_alert(
    p_alert_id uuid,
    p_comment text default null,
    p_now timestamptz default now()
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
    v_company_id uuid := private.require_role('member');
begin
    return private.change_alert(v_company_id, p_alert_id, 'resolve_alert', p_comment, p_now);
end;
$$;

comment on function public.resolve_alert(uuid, text, timestamptz) is
'Closes an alert; answers its row. Members. Errors: not_found (404), bad_input (422), role_required (403).';
revoke all on function public.resolve_alert(uuid, text, timestamptz) from public;
grant execute on function public.resolve_alert(uuid, text, timestamptz) to authenticated;
