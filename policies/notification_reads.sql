-- Who may do what with public.notification_reads. Everything not granted here goes through functions, or not at all.
alter table public.notification_reads enable row level security;
alter table public.notification_reads force row level security;
revoke all on public.notification_reads from public, anon, authenticated, device, edge, service_role;
grant select, insert, update, delete on public.notification_reads to service_role;
grant select on public.notification_reads to authenticated;

drop policy if exists "people see their own marks" on public.notification_reads;
create policy "people see their own marks" on public.notification_reads
for select to authenticated using (company_id = (select public.get_active_company_id()) and user_id = (select auth.uid()));
