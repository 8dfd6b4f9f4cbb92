-- Who may do what with public.pilot_programs. Everything not granted here goes through functions, or not at all.
alter table public.pilot_programs enable row level security;
alter table public.pilot_programs force row level security;
revoke all on public.pilot_programs from public, anon, authenticated, device, edge, service_role;
grant select, insert, update, delete on public.pilot_programs to service_role;
grant select on public.pilot_programs to authenticated;

drop policy if exists "people see their active company" on public.pilot_programs;
create policy "people see their active company" on public.pilot_programs
for select to authenticated using (company_id = (select public.get_active_company_id()));

grant insert (company_id, program_id, program_name, program_type, start_date, end_date) on public.pilot_programs to authenticated;
drop policy if exists "admins add rows to their active company" on public.pilot_programs;
create policy "admins add rows to their active company" on public.pilot_programs
for insert to authenticated with check (company_id = (select public.get_active_company_id()) and (select private.has_role('admin')));

grant update (program_name, program_type, start_date, end_date) on public.pilot_programs to authenticated;
drop policy if exists "admins change rows of their active company" on public.pilot_programs;
create policy "admins change rows of their active company" on public.pilot_programs
for update to authenticated
using (company_id = (select public.get_active_company_id()) and (select private.has_role('admin')))
with check (company_id = (select public.get_active_company_id()) and (select private.has_role('admin')));
