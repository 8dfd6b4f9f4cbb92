-- purpose: the topics of a camera, as it may spell its own id.
-- caller: broker_files.
-- promise: ACL lines for the MAC plain, with colons and with hyphens, in upper and lower case, under both prefixes of the firmware;
--   an id with a prefix (TEST- and so on) in upper and lower case.
create or replace function private.mac_topics(
    p_mac text
) returns text
language sql
immutable
parallel safe
set search_path = ''
as $$
    select string_agg(format('topic %s %s/%s/%s', a.access, p.prefix, s.spelling, a.leaf), e'\n' order by s.spelling, p.prefix, a.leaf)
    from (
        select distinct unnest(array[f.form, lower(f.form)]) as spelling
        from (
            values
            (p_mac),
            (case when p_mac ~ '^[0-9A-F]{12}$' then regexp_replace(p_mac, '(..)(?!$)', '\1:', 'g') else p_mac end),
            (case when p_mac ~ '^[0-9A-F]{12}$' then regexp_replace(p_mac, '(..)(?!$)', '\1-', 'g') else p_mac end)
        ) as f (form)
    ) as s
    cross join (values ('device'), ('ESP32CAM')) as p (prefix)
    cross join (values ('write', 'status'), ('write', 'data'), ('read', 'cmd'), ('read', 'ack')) as a (access, leaf);
$$;

comment on function private.mac_topics(text) is 'Mosquitto ACL lines for one camera: every spelling of its MAC under device/ and ESP32CAM/.';
revoke all on function private.mac_topics(text) from public;
