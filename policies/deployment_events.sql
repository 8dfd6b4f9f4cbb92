-- Who may do what with public.deployment_events. Everything not granted here goes through functions, or not at all.
alter table public.deployment_events enable row level security;
alter table public.deployment_events force row level security;
revoke all on public.deployment_events from public, anon, authenticated, device, edge, service_role;
grant select, insert, update, delete on public.deployment_events to service_role;
grant select on public.deployment_events to authenticated;

drop policy if exists "people see their active company" on public.deployment_events;
create policy "people see their active company" on public.deployment_events
for select to authenticated using (company_id = (select public.get_active_company_id()));
