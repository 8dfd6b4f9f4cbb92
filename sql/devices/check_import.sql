-- purpose: what an import would do, row by row.
-- caller: import_devices.
-- promise: one row an element of p_rows, in order: created (would be), exists (a MAC of this company) or error with the name of one of our errors. One set-based
--   statement; nothing is changed. Site: id, or a name that one site of the company has. Schedules are parsed once each.
create or replace function private.check_import(
    p_company_id uuid,
    p_rows jsonb
) returns table (
    row_number int,
    device_mac text,
    name text,
    kind text,
    site_id uuid,
    wake_schedule_cron text,
    device_id uuid,
    error text,
    detail text
)
language sql
stable
security definer
set search_path = ''
as $$
    with given as materialized (
        select
            i.n::int as row_number, private.canonical_mac(i.item ->> 'device_mac') as device_mac, btrim(i.item ->> 'name') as name,
            coalesce(i.item ->> 'kind', 'camera') as kind, nullif(btrim(i.item ->> 'site'), '') as site,
            nullif(btrim(i.item ->> 'wake_schedule_cron'), '') as cron, jsonb_typeof(i.item) = 'object' as is_object,
            i.item ->> 'device_mac' as said_mac
        from jsonb_array_elements(p_rows) with ordinality as i (item, n)
    ), cron as materialized (
        select c.cron, private.cron_is_valid(c.cron) as is_valid
        from (select distinct g.cron from given as g where g.cron is not null) as c
    ), site as materialized (
        select k.site, min(s.site_id::text)::uuid as site_id, count(s.site_id) as found
        from (select distinct g.site from given as g where g.site is not null) as k
        left join public.sites as s
            on s.company_id = p_company_id and s.archived_at is null and (s.site_id::text = lower(k.site) or s.name = k.site)
        group by k.site
    ), known as materialized (
        select
            g.row_number, own.device_id, own.archived_at, own.kind,
            coalesce(y.company_id <> p_company_id, other.company_id is not null) as is_foreign,
            row_number() over (partition by g.device_mac order by g.row_number) as repeat
        from given as g
        left join public.devices as own on own.company_id = p_company_id and own.device_mac = g.device_mac
        left join private.device_directory as y on y.device_mac = g.device_mac
        left join lateral (
            select d.company_id from public.devices as d
            where d.device_mac = g.device_mac and d.company_id <> p_company_id and d.archived_at is null limit 1
        ) as other on true
    ), judged as (
        select
            g.row_number, g.device_mac, g.name, g.kind, s.site_id, g.cron, k.device_id,
            case
                when not g.is_object then array['bad_input', 'not an object']
                when g.device_mac is null then array['invalid_mac', left(g.said_mac, 80)]
                when k.repeat > 1 then array['bad_input', 'the MAC is twice in this import']
                when k.device_id is null and k.is_foreign then array['device_known', null]
                when g.kind not in ('camera', 'rig') then array['bad_input', 'kind: camera or rig']
                when k.kind <> g.kind then array['wrong_kind', 'the MAC is a ' || k.kind]
                when coalesce(length(g.name), 0) not between 1 and 200 then array['bad_input', 'name: 1 to 200 characters']
                when g.site is not null and s.found = 0 then array['not_found', 'site']
                when s.found > 1 then array['bad_input', 'site: more than one has this name']
                when g.cron is not null and g.kind = 'rig' then array['bad_input', 'a rig has no schedule']
                when c.is_valid is false then array['invalid_cron', left(g.cron, 80)]
                when k.archived_at is not null then array[null, 'archived: map it to use it again']
            end as problem
        from given as g
        join known as k on k.row_number = g.row_number
        left join site as s on s.site = g.site
        left join cron as c on c.cron = g.cron
    )
    select
        j.row_number, j.device_mac, j.name, j.kind, j.site_id, j.cron, j.device_id, j.problem[1], j.problem[2]
    from judged as j
    order by j.row_number;
$$;

comment on function private.check_import(uuid, jsonb) is 'Judges the rows of an import of devices: existing device, or error and detail.';
revoke all on function private.check_import(uuid, jsonb) from public;
