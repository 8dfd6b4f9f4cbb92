-- purpose: show what made no row.
-- caller: super admins.
-- promise: newest first, paged by dead_letter_id; the payload as text, bytes that are no printable ASCII escaped.
create or replace function public.list_dead_letters(
    p_limit int default 100,
    p_before uuid default null
) returns table (
    dead_letter_id uuid,
    topic text,
    payload text,
    payload_bytes int,
    reason text,
    detail text,
    company_id uuid,
    device_id uuid,
    received_at timestamptz,
    replayed_at timestamptz
)
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
    if not private.is_super_admin() then
        perform private.fail('role_required', 'needed: super admin');
    end if;
    if p_limit > 1000 then
        perform private.fail('limit_too_large', 'p_limit: at most 1000');
    end if;
    if p_limit is null or p_limit < 1 then
        perform private.fail('bad_input', 'p_limit');
    end if;
    return query
    select
        l.dead_letter_id, l.topic, encode(l.payload, 'escape'), l.payload_bytes, l.reason, l.detail, l.company_id, l.device_id, l.received_at,
        l.replayed_at
    from private.mqtt_dead_letters as l
    where p_before is null or l.dead_letter_id < p_before
    order by l.dead_letter_id desc
    limit p_limit;
end;
$$;

comment on function public.list_dead_letters(int, uuid) is
'Messages that made no row, newest first; p_before: the last dead_letter_id of the page before. Super admins. Errors: role_required (403), limit_too_large (400).';
revoke all on function public.list_dead_letters(int, uuid) from public;
grant execute on function public.list_dead_letters(int, uuid) to authenticated;
