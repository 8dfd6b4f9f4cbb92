-- purpose: the topics of a camera, as it may spell its own id.
-- caller: broker_files.
-- promise: ACL lines for the MAC plain, with colons and with hyphens, in upper and lower case, under both prefixes of the firmware;
--   an id with a prefix (TEST- and so on) in upper and lower case.
create or replace function private.mac_topics(
    p_mac text
) returns text
language plpgsql
immutable
parallel safe
set search_path = ''
as $$
declare
    v_is_mac constant boolean := p_mac ~ '^[0-9A-F]{12}$';
    v_colons constant text := case when v_is_mac then regexp_replace(p_mac, '(..)(?!$)', '\1:', 'g') else p_mac end;
    v_lines constant text :=
        e'topic write device/*/status\ntopic write device/*/data\ntopic read device/*/cmd\ntopic read device/*/ack\n'
        'topic write ESP32CAM/*/status\ntopic write ESP32CAM/*/data\ntopic read ESP32CAM/*/cmd\ntopic read ESP32CAM/*/ack';
begin
    -- One text per spelling, the id put in eight times: this runs for every camera whenever an account changes.
    return (
        select string_agg(replace(v_lines, '*', s.spelling), e'\n' order by s.spelling)
        from (
            select p_mac as spelling
            union select lower(p_mac)
            union select v_colons
            union select lower(v_colons)
            -- an id with a prefix keeps its own colons
            union select translate(v_colons, ':', '-') where v_is_mac
            union select lower(translate(v_colons, ':', '-')) where v_is_mac
        ) as s
    );
end;
$$;

comment on function private.mac_topics(text) is 'Mosquitto ACL lines for one camera: every spelling of its MAC under device/ and ESP32CAM/.';
revoke all on function private.mac_topics(text) from public;
