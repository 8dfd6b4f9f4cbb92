-- Who may do what with public.experiments. Everything not granted here goes through functions, or not at all.
alter table public.experiments enable row level security;
alter table public.experiments force row level security;
revoke all on public.experiments from public, anon, authenticated, device, edge, service_role;
grant select, insert, update, delete on public.experiments to service_role;
grant select on public.experiments to authenticated;

drop policy if exists "people see their active company" on public.experiments;
create policy "people see their active company" on public.experiments
for select to authenticated using (company_id = (select public.get_active_company_id()));

grant insert (company_id, experiment_id, name, description, python_code) on public.experiments to authenticated;
drop policy if exists "members add rows to their active company" on public.experiments;
create policy "members add rows to their active company" on public.experiments
for insert to authenticated with check (company_id = (select public.get_active_company_id()) and (select private.has_role('member')));

-- the script is changed by save_experiment alone, which raises the version
grant update (name, description) on public.experiments to authenticated;
drop policy if exists "members change rows of their active company" on public.experiments;
create policy "members change rows of their active company" on public.experiments
for update to authenticated
using (company_id = (select public.get_active_company_id()) and (select private.has_role('member')))
with check (company_id = (select public.get_active_company_id()) and (select private.has_role('member')));
