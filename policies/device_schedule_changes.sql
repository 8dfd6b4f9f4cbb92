-- Who may do what with public.device_schedule_changes. Everything not granted here goes through functions, or not at all.
alter table public.device_schedule_changes enable row level security;
alter table public.device_schedule_changes force row level security;
revoke all on public.device_schedule_changes from public, anon, authenticated, device, edge, service_role;
grant select, insert, update, delete on public.device_schedule_changes to service_role;
grant select on public.device_schedule_changes to authenticated;

drop policy if exists "people see their active company" on public.device_schedule_changes;
create policy "people see their active company" on public.device_schedule_changes
for select to authenticated using (company_id = (select public.get_active_company_id()));
