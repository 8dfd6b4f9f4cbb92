-- Who may do what with public.devices. Everything not granted here goes through functions, or not at all.
alter table public.devices enable row level security;
alter table public.devices force row level security;
revoke all on public.devices from public, anon, authenticated, device, edge, service_role;
grant select, insert, update, delete on public.devices to service_role;
grant select on public.devices to authenticated;

drop policy if exists "people see their active company" on public.devices;
create policy "people see their active company" on public.devices
for select to authenticated using (company_id = (select public.get_active_company_id()));

grant update (name, backlog_strategy) on public.devices to authenticated;
drop policy if exists "admins change rows of their active company" on public.devices;
create policy "admins change rows of their active company" on public.devices
for update to authenticated
using (company_id = (select public.get_active_company_id()) and (select private.has_role('admin')))
with check (company_id = (select public.get_active_company_id()) and (select private.has_role('admin')));
