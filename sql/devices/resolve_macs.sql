-- purpose: which device a MAC is.
-- caller: the ingest functions for cameras.
-- promise: one row a known MAC; an unknown one has no row. A device that the directory does not list yet is entered there.
create or replace function private.resolve_macs(
    p_macs text[]
) returns table (
    device_mac text,
    company_id uuid,
    device_id uuid,
    kind text,
    site_id uuid
)
language plpgsql
security definer
set search_path = ''
as $$
#variable_conflict use_column
begin
    if exists (
        select from unnest(p_macs) as m (mac)
        where not exists (select from private.device_directory as y where y.device_mac = m.mac and y.device_id is not null)
    ) then
        insert into private.device_directory as y (device_mac, company_id, device_id)
        select distinct on (d.device_mac) d.device_mac, d.company_id, d.device_id
        from public.devices as d
        where d.device_mac = any (p_macs) and d.archived_at is null
        order by d.device_mac, d.mapped_at desc nulls last, d.created_at desc
        on conflict (device_mac) do update
        set company_id = excluded.company_id, device_id = excluded.device_id
        where y.device_id is null;
    end if;

    return query
    select y.device_mac, d.company_id, d.device_id, d.kind, d.site_id
    from private.device_directory as y
    join public.devices as d on d.company_id = y.company_id and d.device_id = y.device_id
    where y.device_mac = any (p_macs);
end;
$$;

comment on function private.resolve_macs(text[]) is 'The devices behind canonical MACs; unknown ones are left out.';
revoke all on function private.resolve_macs(text[]) from public;
