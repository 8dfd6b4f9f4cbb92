-- Who may do what with public.companies. Everything not granted here goes through functions, or not at all.
alter table public.companies enable row level security;
alter table public.companies force row level security;
revoke all on public.companies from public, anon, authenticated, device, edge, service_role;
grant select, insert, update, delete on public.companies to service_role;
grant select on public.companies to authenticated;

drop policy if exists "people see their active company" on public.companies;
create policy "people see their active company" on public.companies
for select to authenticated using (company_id = (select public.get_active_company_id()));
