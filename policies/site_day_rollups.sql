-- Who may do what with public.site_day_rollups. Everything not granted here goes through functions, or not at all.
alter table public.site_day_rollups enable row level security;
alter table public.site_day_rollups force row level security;
revoke all on public.site_day_rollups from public, anon, authenticated, device, edge, service_role;
grant select on public.site_day_rollups to service_role;
grant select on public.site_day_rollups to authenticated;

drop policy if exists "people see their active company" on public.site_day_rollups;
create policy "people see their active company" on public.site_day_rollups
for select to authenticated using (company_id = (select public.get_active_company_id()));
