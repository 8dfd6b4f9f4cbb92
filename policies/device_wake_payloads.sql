-- Who may do what with public.device_wake_payloads. Everything not granted here goes through functions, or not at all.
alter table public.device_wake_payloads enable row level security;
alter table public.device_wake_payloads force row level security;
revoke all on public.device_wake_payloads from public, anon, authenticated, device, edge, service_role;
grant select, insert, update, delete on public.device_wake_payloads to service_role;
grant select on public.device_wake_payloads to authenticated;

drop policy if exists "people see their active company" on public.device_wake_payloads;
create policy "people see their active company" on public.device_wake_payloads
for select to authenticated using (company_id = (select public.get_active_company_id()));
