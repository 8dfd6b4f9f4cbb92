-- purpose: the companies the caller may choose.
-- caller: the company switcher.
-- promise: super admins see all that are not archived, others their own.
create or replace function public.list_companies() returns setof public.companies
language sql
stable
security definer
set search_path = ''
as $$
    select c.*
    from public.companies as c
    where
        c.archived_at is null
        and ((select private.is_super_admin()) or c.company_id = (select public.get_active_company_id()))
    order by c.name, c.company_id;
$$;

comment on function public.list_companies() is 'Companies the caller may choose with set_active_company_context.';
revoke all on function public.list_companies() from public;
grant execute on function public.list_companies() to authenticated;
