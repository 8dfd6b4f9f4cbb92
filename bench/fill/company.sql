-- A company and its admin.
with company as (
    insert into public.companies (name) values ('Screens ' || clock_timestamp()) returning company_id
),
account as (
    insert into auth.users (id, email) select gen_random_uuid(), company_id || '@bench.example' from company returning id, email
)
insert into public.users (user_id, company_id, email, role)
select a.id, c.company_id, a.email, 'admin' from account as a, company as c
returning company_id::text, user_id::text
