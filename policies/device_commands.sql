-- Who may do what with public.device_commands. Everything not granted here goes through functions, or not at all.
alter table public.device_commands enable row level security;
alter table public.device_commands force row level security;
revoke all on public.device_commands from public, anon, authenticated, device, edge, service_role;
grant select, insert, update, delete on public.device_commands to service_role;
grant select on public.device_commands to authenticated;

drop policy if exists "people see their active company" on public.device_commands;
create policy "people see their active company" on public.device_commands
for select to authenticated using (company_id = (select public.get_active_company_id()));
