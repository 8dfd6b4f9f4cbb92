-- purpose: keep a text within a number of bytes.
-- caller: ingest_logs, ingest_run_reports.
-- promise: at most p_bytes bytes of UTF-8 from its begin, or from its end; never half a character.
create or replace function private.cut_text(
    p_text text,
    p_bytes int,
    p_from_end boolean default false
) returns text
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
declare
    v_text text := p_text;
    v_keep int;
begin
    while octet_length(v_text) > p_bytes loop
        -- a character has at most four bytes, so this never takes too much
        v_keep := least(length(v_text) - 1, p_bytes, length(v_text) - (octet_length(v_text) - p_bytes) / 4);
        v_text := case when p_from_end then right(v_text, v_keep) else left(v_text, v_keep) end;
    end loop;
    return v_text;
end;
$$;

comment on function private.cut_text(text, int, boolean) is 'The first (or last) p_bytes bytes of a text, in whole characters.';
revoke all on function private.cut_text(text, int, boolean) from public;
