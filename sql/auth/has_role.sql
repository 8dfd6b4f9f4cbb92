-- purpose: whether the caller has at least this role in the active company.
-- caller: policies, as (select private.has_role('admin')), and private.require_role.
-- promise: a super admin counts as admin of the company they look at; deactivated people have no role.
create or replace function private.has_role(
    p_role text
) returns boolean
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
    -- Not SQL: its plan is kept.
    return (
        select coalesce(bool_or(
            u.is_super_admin
            or array_position(array['viewer', 'member', 'admin'], u.role) >= array_position(array['viewer', 'member', 'admin'], p_role)
        ), false)
        from public.users as u
        where u.user_id = (select auth.uid()) and u.is_active
    );
end;
$$;

comment on function private.has_role(text) is
'True when the signed-in person is at least viewer, member or admin; super admins always are.';
revoke all on function private.has_role(text) from public;
grant execute on function private.has_role(text) to authenticated, service_role, anon;
