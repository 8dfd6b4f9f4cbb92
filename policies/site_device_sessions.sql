-- Who may do what with public.site_device_sessions. Everything not granted here goes through functions, or not at all.
alter table public.site_device_sessions enable row level security;
alter table public.site_device_sessions force row level security;
revoke all on public.site_device_sessions from public, anon, authenticated, device, edge, service_role;
grant select, insert, update, delete on public.site_device_sessions to service_role;
grant select on public.site_device_sessions to authenticated;

drop policy if exists "people see their active company" on public.site_device_sessions;
create policy "people see their active company" on public.site_device_sessions
for select to authenticated using (company_id = (select public.get_active_company_id()));
