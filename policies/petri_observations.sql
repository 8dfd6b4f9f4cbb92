-- Who may do what with public.petri_observations. Everything not granted here goes through functions, or not at all.
alter table public.petri_observations enable row level security;
alter table public.petri_observations force row level security;
revoke all on public.petri_observations from public, anon, authenticated, device, edge, service_role;
grant select, insert, update, delete on public.petri_observations to service_role;
grant select on public.petri_observations to authenticated;

drop policy if exists "people see their active company" on public.petri_observations;
create policy "people see their active company" on public.petri_observations
for select to authenticated using (company_id = (select public.get_active_company_id()));

grant update (petri_code, fungicide_used, surrounding_water_schedule, notes) on public.petri_observations to authenticated;
drop policy if exists "members change rows of their active company" on public.petri_observations;
create policy "members change rows of their active company" on public.petri_observations
for update to authenticated
using (company_id = (select public.get_active_company_id()) and (select private.has_role('member')))
with check (company_id = (select public.get_active_company_id()) and (select private.has_role('member')));
