-- Who may do what with public.sites. Everything not granted here goes through functions, or not at all.
alter table public.sites enable row level security;
alter table public.sites force row level security;
revoke all on public.sites from public, anon, authenticated, device, edge, service_role;
grant select, insert, update, delete on public.sites to service_role;
grant select on public.sites to authenticated;

drop policy if exists "people see their active company" on public.sites;
create policy "people see their active company" on public.sites
for select to authenticated using (company_id = (select public.get_active_company_id()));

grant insert (company_id, site_id, program_id, name, timezone) on public.sites to authenticated;
drop policy if exists "admins add rows to their active company" on public.sites;
create policy "admins add rows to their active company" on public.sites
for insert to authenticated with check (company_id = (select public.get_active_company_id()) and (select private.has_role('admin')));

grant update (name) on public.sites to authenticated;
drop policy if exists "admins change rows of their active company" on public.sites;
create policy "admins change rows of their active company" on public.sites
for update to authenticated
using (company_id = (select public.get_active_company_id()) and (select private.has_role('admin')))
with check (company_id = (select public.get_active_company_id()) and (select private.has_role('admin')));
