-- Five people. Passwords as the auth server stores them (bcrypt); a new one in the variables replaces the old one.
create temporary table demo_people (user_id uuid, company_id uuid, email text, password text, full_name text, role text, is_super_admin boolean)
on commit drop;
insert into demo_people values
('019a0000-0000-7000-8000-000000000101', '019a0000-0000-7000-8000-00000000a001', lower(:'demo_member_email'), :'demo_member_password', 'Demo Member', 'member', false),
('019a0000-0000-7000-8000-000000000102', '019a0000-0000-7000-8000-00000000a001', lower(:'demo_admin_email'), :'demo_admin_password', 'Demo Admin', 'admin', false),
('019a0000-0000-7000-8000-000000000103', '019a0000-0000-7000-8000-00000000a001', lower(:'demo_viewer_email'), :'demo_viewer_password', 'Demo Viewer', 'viewer', false),
('019a0000-0000-7000-8000-000000000104', '019a0000-0000-7000-8000-00000000a002', lower(:'demo_other_email'), :'demo_other_password', 'Demo Other', 'admin', false),
('019a0000-0000-7000-8000-000000000105', '019a0000-0000-7000-8000-00000000a001', lower(:'demo_super_email'), :'demo_super_password', 'Demo Super', 'admin', true);

insert into auth.users (
    instance_id, id, aud, role, email, encrypted_password, email_confirmed_at, raw_app_meta_data, raw_user_meta_data, created_at, updated_at,
    confirmation_token, recovery_token, email_change_token_new, email_change
)
select
    '00000000-0000-0000-0000-000000000000', p.user_id, 'authenticated', 'authenticated', p.email,
    extensions.crypt(p.password, extensions.gen_salt('bf', 10)), now(), '{"provider": "email", "providers": ["email"]}',
    jsonb_build_object('full_name', p.full_name), now(), now(), '', '', '', ''
from demo_people as p
on conflict (id) do nothing;

update auth.users as u
set email = p.email, encrypted_password = extensions.crypt(p.password, extensions.gen_salt('bf', 10)), updated_at = now()
from demo_people as p
where u.id = p.user_id and (u.email <> p.email or u.encrypted_password <> extensions.crypt(p.password, u.encrypted_password));

insert into auth.identities (provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at)
select
    p.user_id::text, p.user_id, jsonb_build_object('sub', p.user_id, 'email', p.email, 'email_verified', true), 'email', now(), now(), now()
from demo_people as p
on conflict (provider_id, provider) do update set identity_data = excluded.identity_data
where auth.identities.identity_data is distinct from excluded.identity_data;

insert into public.users (user_id, company_id, email, full_name, role, is_super_admin)
select p.user_id, p.company_id, p.email, p.full_name, p.role, p.is_super_admin from demo_people as p
on conflict (user_id) do update set email = excluded.email where public.users.email <> excluded.email;
