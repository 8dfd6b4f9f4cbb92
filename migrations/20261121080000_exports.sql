-- Exports. Revisions are few: with an index of their own, "the newest rev only" costs a run without any next to nothing.
create index trial_results_revised_idx on public.trial_results (company_id, deployment_id, seq, rev) where rev > 1;

-- PostgREST answers a function that returns this type as text/csv, byte for byte.
create domain public."text/csv" as text;
comment on domain public."text/csv" is 'A CSV file: what export_deployment_csv answers.';
