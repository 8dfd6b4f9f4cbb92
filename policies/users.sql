-- Who may do what with public.users. Everything not granted here goes through functions, or not at all.
alter table public.users enable row level security;
alter table public.users force row level security;
revoke all on public.users from public, anon, authenticated, device, edge, service_role;
grant select, insert, update, delete on public.users to service_role;
grant select on public.users to authenticated;

drop policy if exists "people see their active company" on public.users;
create policy "people see their active company" on public.users
for select to authenticated using (company_id = (select public.get_active_company_id()));

grant update (full_name) on public.users to authenticated;
-- The company too: a deactivated person changes nothing, and a blind update reaches no row that a select would not show.
drop policy if exists "people change their own row" on public.users;
create policy "people change their own row" on public.users
for update to authenticated
using (user_id = (select auth.uid()) and company_id = (select public.get_active_company_id()))
with check (user_id = (select auth.uid()) and company_id = (select public.get_active_company_id()));
