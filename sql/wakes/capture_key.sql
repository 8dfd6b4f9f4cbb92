-- purpose: the third part of an image's identity.
-- caller: functions that get a capture time as a time; the edge writes the same form.
-- promise: UTC, RFC 3339, seconds, and microseconds only where there are some; never moved by the session's TimeZone.
create or replace function private.capture_key(
    p_captured_at timestamptz
) returns text
language sql
stable
strict
parallel safe
set search_path = ''
as $$
    select to_char(
        p_captured_at at time zone 'UTC',
        case when date_trunc('second', p_captured_at) = p_captured_at then 'YYYY-MM-DD"T"HH24:MI:SS"Z"' else 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"' end);
$$;

comment on function private.capture_key(timestamptz) is 'A capture time as the key of an image: UTC, RFC 3339.';
revoke all on function private.capture_key(timestamptz) from public;
