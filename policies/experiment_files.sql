-- Who may do what with public.experiment_files. Everything not granted here goes through functions, or not at all.
alter table public.experiment_files enable row level security;
alter table public.experiment_files force row level security;
revoke all on public.experiment_files from public, anon, authenticated, device, edge, service_role;
grant select, insert, update, delete on public.experiment_files to service_role;
grant select on public.experiment_files to authenticated;

drop policy if exists "people see their active company" on public.experiment_files;
create policy "people see their active company" on public.experiment_files
for select to authenticated using (company_id = (select public.get_active_company_id()));
