-- Who may do what with public.alert_thresholds. Everything not granted here goes through functions, or not at all.
alter table public.alert_thresholds enable row level security;
alter table public.alert_thresholds force row level security;
revoke all on public.alert_thresholds from public, anon, authenticated, device, edge, service_role;
grant select, insert, update, delete on public.alert_thresholds to service_role;
grant select on public.alert_thresholds to authenticated;

drop policy if exists "people see their active company" on public.alert_thresholds;
create policy "people see their active company" on public.alert_thresholds
for select to authenticated using (company_id = (select public.get_active_company_id()));
