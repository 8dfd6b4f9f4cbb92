-- A camera can leave a site's day and come back to it: what lies between is not expected of it, what was before stays expected.
alter table public.site_session_devices add column away tstzmultirange not null default '{}';
comment on column public.site_session_devices.away is 'Times between counts_from and counts_until at which the camera was elsewhere; slots in them are not expected.';
