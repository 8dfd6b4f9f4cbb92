-- purpose: whether the caller is an active super admin.
-- caller: RPCs of the platform (companies, pending devices, dead letters).
-- promise: false for everybody else.
create or replace function private.is_super_admin() returns boolean
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
    -- Not SQL: its plan is kept.
    return (
        select coalesce(bool_or(u.is_super_admin), false)
        from public.users as u
        where u.user_id = (select auth.uid()) and u.is_active
    );
end;
$$;

comment on function private.is_super_admin() is 'True when the signed-in person is an active super admin.';
revoke all on function private.is_super_admin() from public;
grant execute on function private.is_super_admin() to authenticated, service_role;
