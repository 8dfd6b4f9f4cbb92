-- Who may do what with public.notification_routes. Everything not granted here goes through functions, or not at all.
-- Admins only: the address of a webhook often is its secret.
alter table public.notification_routes enable row level security;
alter table public.notification_routes force row level security;
revoke all on public.notification_routes from public, anon, authenticated, device, edge, service_role;
grant select, insert, update, delete on public.notification_routes to service_role;
grant select on public.notification_routes to authenticated;

drop policy if exists "admins see their active company" on public.notification_routes;
create policy "admins see their active company" on public.notification_routes
for select to authenticated using (company_id = (select public.get_active_company_id()) and (select private.has_role('admin')));
