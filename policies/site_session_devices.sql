-- Who may do what with public.site_session_devices. Everything not granted here goes through functions, or not at all.
alter table public.site_session_devices enable row level security;
alter table public.site_session_devices force row level security;
revoke all on public.site_session_devices from public, anon, authenticated, device, edge, service_role;
grant select, insert, update, delete on public.site_session_devices to service_role;
grant select on public.site_session_devices to authenticated;

drop policy if exists "people see their active company" on public.site_session_devices;
create policy "people see their active company" on public.site_session_devices
for select to authenticated using (company_id = (select public.get_active_company_id()));
