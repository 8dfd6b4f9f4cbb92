-- One offender for each lint of tests/db/lint_*.sql; test_lints_bite.py makes them in a transaction that is rolled back.
create table public.bad (id int, x timestamp);
create table public.worse (
    worse_id uuid primary key,
    company_id uuid references public.companies (company_id),
    device_id uuid unique references public.devices (device_id)
);
create index on public.worse (device_id);
alter table public.worse enable row level security;
create policy p1 on public.worse for select using (company_id = public.get_active_company_id());
create policy p2 on public.worse for select to anon using (exists (select from public.users));
create policy p3 on public.worse for all to anon using (true);
grant select on public.worse to anon;
grant truncate on public.worse to authenticated;

create view public.bad_view as select d.*, 1 as extra from public.devices as d;
create materialized view public.bad_copy as select 1 as a;

create function public.bad_function(a int) returns int language plpgsql security definer as $$
declare
    v int;
begin
    select 1 into strict v;
    perform private.fail('no_such_name');
    perform nocolumn from public.devices;
    raise exception 'x' using errcode = '40001';
end;
$$;
grant execute on function public.bad_function (int) to public;
create function public.bad_function(a int, b int) returns int language sql as 'select 1';
grant create on schema public to edge;
alter function public.bad_function(int, int) owner to edge;

create function public.set_updated() returns trigger language plpgsql set search_path = '' as $$
begin
    update public.bad set id = 1;
    return new;
end;
$$;
create trigger t before update on public.worse for each row execute function public.set_updated();
create trigger s before update on public.worse for each row execute function suppress_redundant_updates_trigger();
create function public.unused() returns trigger language plpgsql set search_path = '' as $$
begin
    raise exception sqlstate 'L9998';
end;
$$;
do $$
begin
    if to_regclass('definer_functions') is not null then
        insert into definer_functions values ('public.gone()');
    end if;
end;
$$;
insert into private.error_codes values ('L0999', 'x', 400, 'Bad thing.', 'no stop');
