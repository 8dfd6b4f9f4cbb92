-- purpose: the list of devices with their state in a word.
-- caller: people: device_states?order=name,device_id&limit=50, then by key. rpc/devices_page is cheaper, and the one for a filter by state.
-- promise: private.states_of_devices at this moment, with what a list shows beside it, of the rows that are asked for: the page is cut before states are
--   computed. Row level security of devices decides who sees it.
create or replace view public.device_states
with (security_invoker = true) as
select
    d.company_id, d.device_id, d.device_mac, d.name, d.kind, d.site_id, s.name as site_name, n.state, n.missed_wake_count, n.slot_at,
    n.late_at, d.wake_schedule_cron, d.next_wake_at, d.last_seen_at, d.battery_voltage, d.wifi_rssi, d.firmware_version, d.agent_version
from public.devices as d
left join public.sites as s on d.company_id = s.company_id and d.site_id = s.site_id
left join lateral private.states_of_devices(d.company_id, array[d.device_id], now()) as n on true;

comment on view public.device_states is
'Devices you may see with their state: asleep, due, late, silent, unscheduled; offline, online, running; archived. A filter by state computes all: use rpc/devices_page.';
comment on column public.device_states.site_name is 'Name of the site.';
comment on column public.device_states.state is
'Cameras: asleep, due (a slot has come), late (its tolerance has passed), silent (2 or more slots missed), unscheduled. Rigs: offline, online, running. archived.';
comment on column public.device_states.missed_wake_count is 'Slots whose tolerance has passed since the camera was last heard: missed n.';
comment on column public.device_states.slot_at is 'The newest slot that the camera has not answered.';
comment on column public.device_states.late_at is 'When that slot''s tolerance ends.';
revoke all on public.device_states from public, anon, authenticated, device, edge, service_role;
grant select on public.device_states to authenticated, service_role;
