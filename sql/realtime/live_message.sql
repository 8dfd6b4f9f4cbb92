-- purpose: the one shape of a live message about rows.
-- caller: the statement triggers of live tables.
-- promise: {table, op, n, truncated, rows}: the rows themselves up to 50 of them and 64 KB, else objects with their ids only (at most
--   1,000) and truncated: true, so that the client reads them itself. Callers pass null for p_rows beyond 50 rows, to save the work.
create or replace function private.live_message(
    p_table text,
    p_op text,
    p_rows jsonb,
    p_ids jsonb
) returns jsonb
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
begin
    return
        jsonb_build_object('table', p_table, 'op', p_op, 'n', jsonb_array_length(p_ids))
        || case
            when p_rows is not null and jsonb_array_length(p_rows) <= 50 and octet_length(p_rows::text) <= 64000
                then jsonb_build_object('truncated', false, 'rows', p_rows)
            when jsonb_array_length(p_ids) <= 1000 then jsonb_build_object('truncated', true, 'rows', p_ids)
            else jsonb_build_object('truncated', true, 'rows', jsonb_path_query_array(p_ids, '$[0 to 999]'))
        end;
end;
$$;

comment on function private.live_message(text, text, jsonb, jsonb) is
'A live message {table, op, n, truncated, rows}; rows holds only ids when there are more than 50 rows or 64 KB.';
revoke all on function private.live_message(text, text, jsonb, jsonb) from public;
