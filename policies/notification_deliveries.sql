-- Who may do what with public.notification_deliveries. Everything not granted here goes through functions, or not at all.
alter table public.notification_deliveries enable row level security;
alter table public.notification_deliveries force row level security;
revoke all on public.notification_deliveries from public, anon, authenticated, device, edge, service_role;
grant select, insert, update, delete on public.notification_deliveries to service_role;
grant select on public.notification_deliveries to authenticated;

drop policy if exists "people see their active company" on public.notification_deliveries;
create policy "people see their active company" on public.notification_deliveries
for select to authenticated using (company_id = (select public.get_active_company_id()));
