-- Who may do what with public.user_active_company_context. Everything not granted here goes through functions, or not at all.
alter table public.user_active_company_context enable row level security;
alter table public.user_active_company_context force row level security;
revoke all on public.user_active_company_context from public, anon, authenticated, device, edge, service_role;
grant select, insert, update, delete on public.user_active_company_context to service_role;
grant select on public.user_active_company_context to authenticated;

drop policy if exists "people see their own choice" on public.user_active_company_context;
create policy "people see their own choice" on public.user_active_company_context
for select to authenticated using (user_id = (select auth.uid()));
