-- Who may do what with public.device_logs. Everything not granted here goes through functions, or not at all.
alter table public.device_logs enable row level security;
alter table public.device_logs force row level security;
revoke all on public.device_logs from public, anon, authenticated, device, edge, service_role;
grant select on public.device_logs to service_role;
grant select on public.device_logs to authenticated;

drop policy if exists "people see their active company" on public.device_logs;
create policy "people see their active company" on public.device_logs
for select to authenticated using (company_id = (select public.get_active_company_id()));
