-- purpose: somebody takes an alert.
-- caller: people (member), rpc/acknowledge_alert.
-- promise: open becomes acknowledged, with who and when; again is allowed and keeps the first. Repeats still count, a worse one still tells.
--   Errors: not_signed_in, role_required, not_found, alert_resolved, bad_input.
create or replace function public.acknowledge_alert(
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
    return private.change_alert(v_company_id, p_alert_id, 'acknowledge_alert', p_comment, p_now);
end;
$$;

comment on function public.acknowledge_alert(uuid, text, timestamptz) is
'Takes an alert; answers its row. Members. Errors: not_found (404), alert_resolved (409), bad_input (422), role_required (403).';
revoke all on function public.acknowledge_alert(uuid, text, timestamptz) from public;
grant execute on function public.acknowledge_alert(uuid, text, timestamptz) to authenticated;
