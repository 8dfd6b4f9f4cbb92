-- Who may do what with public.audit_log. Everything not granted here goes through functions, or not at all.
alter table public.audit_log enable row level security;
alter table public.audit_log force row level security;
revoke all on public.audit_log from public, anon, authenticated, device, edge, service_role;
grant select on public.audit_log to service_role;
grant select on public.audit_log to authenticated;

drop policy if exists "people see their active company" on public.audit_log;
create policy "people see their active company" on public.audit_log
for select to authenticated using (company_id = (select public.get_active_company_id()) and (select private.has_role('admin')));
