-- Companies, people, programs, sites. Every key of a tenant table begins with company_id.
create table public.companies (
    company_id uuid not null default private.new_id(),
    name text not null check (length(trim(name)) between 1 and 200),
    created_at timestamptz not null default now(),
    archived_at timestamptz,
    primary key (company_id)
);
comment on table public.companies is 'A tenant. Everything a company owns carries its company_id.';
comment on column public.companies.company_id is 'Key of the company.';
comment on column public.companies.name is 'Display name.';
comment on column public.companies.created_at is 'When the company was created.';
comment on column public.companies.archived_at is 'Set when the company has left; its rows are kept.';

create table public.users (
    user_id uuid not null references auth.users (id) on delete cascade,
    company_id uuid not null references public.companies (company_id),
    email text not null,
    full_name text,
    role text not null default 'viewer' check (role in ('viewer', 'member', 'admin')),
    is_super_admin boolean not null default false,
    is_active boolean not null default true,
    created_at timestamptz not null default now(),
    primary key (user_id)
);
create index users_company_idx on public.users (company_id);
comment on table public.users is 'A person: one company, one role. Super admins may look at any company, one at a time.';
comment on column public.users.user_id is 'The person in auth.users.';
comment on column public.users.company_id is 'The company the person belongs to; never changed by switching.';
comment on column public.users.email is 'Sign-in address, as in auth.users.';
comment on column public.users.full_name is 'Name to show.';
comment on column public.users.role is 'viewer reads and exports; member also runs experiments, retries, schedules, acknowledges; admin also devices, keys, users.';
comment on column public.users.is_super_admin is 'May switch the active company with set_active_company_context.';
comment on column public.users.is_active is 'False: the person sees nothing and cannot sign in.';
comment on column public.users.created_at is 'When the person was added.';

create table public.user_active_company_context (
    user_id uuid not null references public.users (user_id) on delete cascade,
    company_id uuid not null references public.companies (company_id),
    set_at timestamptz not null default now(),
    primary key (user_id)
);
create index user_active_company_context_company_idx on public.user_active_company_context (company_id);
comment on table public.user_active_company_context is 'The company a super admin has chosen to look at.';
comment on column public.user_active_company_context.user_id is 'The person.';
comment on column public.user_active_company_context.company_id is 'The chosen company.';
comment on column public.user_active_company_context.set_at is 'When it was chosen.';

create table public.audit_log (
    company_id uuid not null references public.companies (company_id),
    audit_id uuid not null default private.new_id(),
    at timestamptz not null default now(),
    actor_user_id uuid,
    actor_role text not null,
    action text not null,
    entity text not null,
    entity_id uuid,
    old_row jsonb,
    new_row jsonb,
    primary key (company_id, audit_id)
);
create index audit_log_at_idx on public.audit_log (company_id, at desc);
comment on table public.audit_log is 'Who changed what administrative thing, when, from what to what. Append only.';
comment on column public.audit_log.company_id is 'Company the change concerns.';
comment on column public.audit_log.audit_id is 'Key of the entry.';
comment on column public.audit_log.at is 'When it happened.';
comment on column public.audit_log.actor_user_id is 'The person; null for the platform itself.';
comment on column public.audit_log.actor_role is 'Database role or product role the actor acted with.';
comment on column public.audit_log.action is 'insert, update, delete, or the name of the administrative function.';
comment on column public.audit_log.entity is 'Table or thing that changed.';
comment on column public.audit_log.entity_id is 'Key of the thing that changed.';
comment on column public.audit_log.old_row is 'The row before; secrets are never kept.';
comment on column public.audit_log.new_row is 'The row after; secrets are never kept.';

create table public.pilot_programs (
    company_id uuid not null references public.companies (company_id),
    program_id uuid not null default private.new_id(),
    program_name text not null check (length(trim(program_name)) between 1 and 200),
    program_type text not null default 'experimental' check (program_type in ('control', 'experimental')),
    start_date date not null default current_date,
    end_date date,
    created_at timestamptz not null default now(),
    primary key (company_id, program_id),
    check (end_date is null or end_date >= start_date)
);
create unique index pilot_programs_id_idx on public.pilot_programs (program_id);
comment on table public.pilot_programs is 'A study: the parent of sites. Active between its two dates, in each site''s local time.';
comment on column public.pilot_programs.company_id is 'Owner.';
comment on column public.pilot_programs.program_id is 'Key of the program.';
comment on column public.pilot_programs.program_name is 'Display name.';
comment on column public.pilot_programs.program_type is 'control or experimental.';
comment on column public.pilot_programs.start_date is 'First local day.';
comment on column public.pilot_programs.end_date is 'Last local day, included; null: open end.';
comment on column public.pilot_programs.created_at is 'When it was created.';

create table public.sites (
    company_id uuid not null,
    site_id uuid not null default private.new_id(),
    program_id uuid not null,
    name text not null check (length(trim(name)) between 1 and 200),
    timezone text not null,
    opened_until date,
    created_at timestamptz not null default now(),
    archived_at timestamptz,
    primary key (company_id, site_id),
    foreign key (company_id, program_id) references public.pilot_programs (company_id, program_id)
);
create unique index sites_id_idx on public.sites (site_id);
create index sites_program_idx on public.sites (company_id, program_id);
comment on table public.sites is 'A place with devices; its time zone decides what a day is.';
comment on column public.sites.company_id is 'Owner.';
comment on column public.sites.site_id is 'Key of the site.';
comment on column public.sites.program_id is 'The one program the site belongs to.';
comment on column public.sites.name is 'Display name.';
comment on column public.sites.timezone is 'IANA zone name, checked on write (invalid_timezone).';
comment on column public.sites.opened_until is 'Last local date the session opener has handled for this site; null: none yet.';
comment on column public.sites.created_at is 'When it was created.';
comment on column public.sites.archived_at is 'Set when the site is closed; its history is kept.';
