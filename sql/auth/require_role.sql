-- purpose: the first line of every definer function that people call.
-- caller: RPCs.
-- promise: returns the active company; raises not_signed_in or role_required.
create or replace function private.require_role(
    p_role text
) returns uuid
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    v_company_id uuid := public.get_active_company_id();
begin
    if v_company_id is null then
        perform private.fail('not_signed_in');
    end if;
    if not private.has_role(p_role) then
        perform private.fail('role_required', 'needed: ' || p_role);
    end if;
    return v_company_id;
end;
$$;

comment on function private.require_role(text) is
'The active company of a person with at least this role; raises not_signed_in (L0001) or role_required (L0002).';
revoke all on function private.require_role(text) from public;
grant execute on function private.require_role(text) to authenticated, service_role;
