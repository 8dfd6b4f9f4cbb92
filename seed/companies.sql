-- Two companies, so that one can see that neither sees the other; sites whose days begin at different hours.
insert into public.companies (company_id, name) values
('019a0000-0000-7000-8000-00000000a001', 'Meadow Lab'),
('019a0000-0000-7000-8000-00000000a002', 'Harbour Institute')
on conflict do nothing;

insert into public.pilot_programs (company_id, program_id, program_name, program_type, start_date) values
('019a0000-0000-7000-8000-00000000a001', '019a0000-0000-7000-8000-00000000b001', 'Leaf mould 2026', 'experimental', '2026-01-01'),
('019a0000-0000-7000-8000-00000000a001', '019a0000-0000-7000-8000-00000000b002', 'Leaf mould 2026, control', 'control', '2026-01-01'),
('019a0000-0000-7000-8000-00000000a002', '019a0000-0000-7000-8000-00000000b003', 'Cold storage', 'experimental', '2026-01-01')
on conflict do nothing;

insert into public.sites (company_id, site_id, program_id, name, timezone) values
('019a0000-0000-7000-8000-00000000a001', '019a0000-0000-7000-8000-00000000e001', '019a0000-0000-7000-8000-00000000b001', 'Greenhouse', 'Europe/Berlin'),
('019a0000-0000-7000-8000-00000000a001', '019a0000-0000-7000-8000-00000000e002', '019a0000-0000-7000-8000-00000000b001', 'Orchard', 'America/New_York'),
('019a0000-0000-7000-8000-00000000a001', '019a0000-0000-7000-8000-00000000e003', '019a0000-0000-7000-8000-00000000b002', 'Ridge plot', 'Asia/Kathmandu'),
('019a0000-0000-7000-8000-00000000a002', '019a0000-0000-7000-8000-00000000e004', '019a0000-0000-7000-8000-00000000b003', 'Cold room', 'Europe/Lisbon')
on conflict do nothing;
