-- purpose: what a failed item of a batch is called in the dead letters.
-- caller: the exception blocks of the ingest functions.
-- promise: null for errors that concern the server and not the item (lock, memory, disk, connection, cancel): the caller raises them again
--   and the edge repeats the whole batch.
create or replace function private.refusal_reason(
    p_sqlstate text
) returns text
language sql
immutable
strict
set search_path = ''
as $$
    select case
        when left(p_sqlstate, 2) in ('08', '25', '40', '53', '54', '55', '57', '58') then null
        when p_sqlstate in ('22P05', '22021') then 'bad_unicode'
        when p_sqlstate in ('22007', '22008') then 'bad_time'
        when left(p_sqlstate, 2) = '22' then 'bad_type'
        when p_sqlstate = '23502' then 'missing_field'
        when p_sqlstate = '23514' then 'bad_type'
        when left(p_sqlstate, 2) = '23' then 'conflict'
        else 'internal'
    end;
$$;

comment on function private.refusal_reason(text) is 'The dead-letter reason for an SQLSTATE; null: not the item''s fault.';
revoke all on function private.refusal_reason(text) from public;
