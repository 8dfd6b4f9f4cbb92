-- Who may do what with public.notifications. Everything not granted here goes through functions, or not at all.
alter table public.notifications enable row level security;
alter table public.notifications force row level security;
revoke all on public.notifications from public, anon, authenticated, device, edge, service_role;
grant select, insert, update, delete on public.notifications to service_role;
grant select on public.notifications to authenticated;

drop policy if exists "people see their active company" on public.notifications;
create policy "people see their active company" on public.notifications
for select to authenticated using (company_id = (select public.get_active_company_id()));
