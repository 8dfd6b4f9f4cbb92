-- purpose: the one place that says which company the caller may see now.
-- caller: every policy, as (select public.get_active_company_id()); clients too.
-- promise: nobody or a deactivated person: null; a super admin: the chosen company, else their own; others: their own, always.
create or replace function public.get_active_company_id() returns uuid
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
    -- Not SQL: its plan is kept.
    return (
        select
            case
                when u.is_super_admin then coalesce(c.company_id, u.company_id)
                else u.company_id
            end
        from public.users as u
        left join public.user_active_company_context as c on c.user_id = u.user_id
        where u.user_id = (select auth.uid()) and u.is_active
    );
end;
$$;

comment on function public.get_active_company_id() is
'The company the signed-in person looks at; null for nobody. Super admins: the chosen one, else their own.';
revoke all on function public.get_active_company_id() from public;
grant execute on function public.get_active_company_id() to authenticated, service_role, anon, device;
