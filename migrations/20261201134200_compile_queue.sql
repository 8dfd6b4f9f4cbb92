-- A .psyexp source waits for its compiler; files that lie beside a script are frozen with a run, named by their content.
create table private.compile_claims (
    company_id uuid not null,
    experiment_id uuid not null,
    version int not null,
    attempts int not null,
    claimed_until timestamptz not null,
    primary key (company_id, experiment_id),
    foreign key (company_id, experiment_id) references public.experiments (company_id, experiment_id)
);
comment on table private.compile_claims is 'Who compiles which source now: a claim of an edge handler until its lease ends.';
comment on column private.compile_claims.company_id is 'Owner.';
comment on column private.compile_claims.experiment_id is 'The experiment whose source is compiled.';
comment on column private.compile_claims.version is 'Version of the source that was given out.';
comment on column private.compile_claims.attempts is 'How often this version was given out.';
comment on column private.compile_claims.claimed_until is 'End of the lease; after it the source is given out again.';

create index experiments_compile_idx on public.experiments (updated_at) where compile_status = 'pending';

create table private.file_contents (
    company_id uuid not null references public.companies (company_id),
    sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
    content bytea not null check (octet_length(content) <= 8388608),
    created_at timestamptz not null default now(),
    primary key (company_id, sha256)
);
comment on table private.file_contents is 'Bytes of files beside a script, by content: runs that name them keep them, so nothing is ever overwritten.';
comment on column private.file_contents.company_id is 'Owner.';
comment on column private.file_contents.sha256 is 'Hex SHA-256 of the content.';
comment on column private.file_contents.content is 'At most 8 MiB.';
comment on column private.file_contents.created_at is 'First upload.';

create table public.experiment_files (
    company_id uuid not null,
    experiment_id uuid not null,
    path text not null check (length(path) between 1 and 200),
    sha256 text not null,
    size_bytes int not null check (size_bytes between 0 and 8388608),
    created_by uuid,
    created_at timestamptz not null default now(),
    primary key (company_id, experiment_id, path),
    foreign key (company_id, experiment_id) references public.experiments (company_id, experiment_id),
    foreign key (company_id, sha256) references private.file_contents (company_id, sha256)
);
create index experiment_files_content_idx on public.experiment_files (company_id, sha256);
comment on table public.experiment_files is 'Files that lie beside an experiment''s script: conditions, pictures, sounds. A run gets those of its deploy.';
comment on column public.experiment_files.company_id is 'Owner.';
comment on column public.experiment_files.experiment_id is 'The experiment.';
comment on column public.experiment_files.path is 'Where the script finds it: a relative path with /, such as stimuli/face.png.';
comment on column public.experiment_files.sha256 is 'Hex SHA-256 of the content; the agent checks it.';
comment on column public.experiment_files.size_bytes is 'Size of the content, bytes.';
comment on column public.experiment_files.created_by is 'Person who uploaded it.';
comment on column public.experiment_files.created_at is 'When it was uploaded.';

alter table public.experiment_deployments
add column files jsonb not null default '[]',
add constraint experiment_deployments_files_check check (jsonb_typeof(files) = 'array');
comment on column public.experiment_deployments.files is 'Files beside the script as deployed: [{path, sha256, size_bytes}].';
