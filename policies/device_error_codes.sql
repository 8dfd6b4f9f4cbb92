-- Reference rows, the same for everybody who is signed in.
alter table public.device_error_codes enable row level security;
alter table public.device_error_codes force row level security;
revoke all on public.device_error_codes from public, anon, authenticated, device, edge, service_role;
grant select on public.device_error_codes to authenticated, service_role;

drop policy if exists "everybody signed in reads the codes" on public.device_error_codes;
create policy "everybody signed in reads the codes" on public.device_error_codes
for select to authenticated using (true);
