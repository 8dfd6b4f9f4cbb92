-- Who may do what with public.notification_attempts. Everything not granted here goes through functions, or not at all.
alter table public.notification_attempts enable row level security;
alter table public.notification_attempts force row level security;
revoke all on public.notification_attempts from public, anon, authenticated, device, edge, service_role;
grant select, insert, update, delete on public.notification_attempts to service_role;
grant select on public.notification_attempts to authenticated;

drop policy if exists "people see their active company" on public.notification_attempts;
create policy "people see their active company" on public.notification_attempts
for select to authenticated using (company_id = (select public.get_active_company_id()));
