-- Who may do what with public.trial_results. Everything not granted here goes through functions, or not at all.
alter table public.trial_results enable row level security;
alter table public.trial_results force row level security;
revoke all on public.trial_results from public, anon, authenticated, device, edge, service_role;
grant select on public.trial_results to service_role;
grant select on public.trial_results to authenticated;

drop policy if exists "people see their active company" on public.trial_results;
create policy "people see their active company" on public.trial_results
for select to authenticated using (company_id = (select public.get_active_company_id()));
