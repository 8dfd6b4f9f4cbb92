-- A slot is its time, not its number in the day: a camera that leaves and comes back, or another schedule in mid-day, numbers anew.
create unique index device_wake_payloads_slot_at_key
on public.device_wake_payloads (company_id, device_id, site_device_session_id, slot_at)
where not overage_flag;
drop index public.device_wake_payloads_slot_key;
