-- The closed list of our own errors. Functions raise them by name with private.fail(); docs/ERROR_CODES.md repeats them.
-- sqlfluff:max_line_length:240
insert into private.error_codes (code, name, http_status, message, hint) values
('L0001', 'not_signed_in', 401, 'nobody is signed in, or the account is deactivated', 'Sign in again.'),
('L0002', 'role_required', 403, 'the role is not enough for this', 'Ask an admin of the company.'),
('L0003', 'not_found', 404, 'there is no such thing, or it is not visible to you', 'Check the id and the active company.'),
('L0004', 'company_not_allowed', 403, 'this company cannot be chosen', 'Only super admins may look at another company.'),
('L0005', 'owner_not_allowed', 500, 'the owner of the objects must be NOSUPERUSER with BYPASSRLS', 'Run migrations as lics_owner.'),
('L0006', 'not_configured', 500, 'the platform lacks a part of its configuration', 'Run lics doctor, or tell the operator.'),
('L0101', 'invalid_cron', 422, 'the schedule is not a valid five-field cron expression', 'Use five fields (minute hour day month weekday) of *, values, names, lists, ranges and steps; not L, W, # or @daily.'),
('L0102', 'invalid_timezone', 422, 'the time zone is not an IANA zone name', 'Use a name such as Europe/Berlin.'),
('L0201', 'invalid_mac', 422, 'the MAC is not 12 hex digits', 'Write it plain, or with colons or hyphens.'),
('L0202', 'device_known', 409, 'the MAC is already registered', 'Use the existing device, or rotate its key.'),
('L0203', 'invalid_device_key', 401, 'the device key is wrong or revoked', 'Check the key, or ask an admin to rotate it.'),
('L0204', 'invalid_enrolment_token', 401, 'the enrolment token is wrong, used or expired', 'Ask an admin for a new token.'),
('L0205', 'device_revoked', 401, 'the device is revoked or archived', 'Ask an admin.'),
('L0206', 'wrong_kind', 422, 'the device is of the other kind', 'Cameras have schedules, rigs run experiments.'),
('L0301', 'session_locked', 409, 'a locked session cannot be changed', 'Locked days are final; late wakes are counted by themselves.'),
('L0302', 'image_complete', 409, 'the image is complete', 'Nothing to do.'),
('L0351', 'alert_resolved', 409, 'the alert is resolved', 'If the cause is there again, there is a new alert.'),
('L0401', 'not_compiled', 409, 'the experiment has no script', 'Upload or compile it first.'),
('L0402', 'device_offline', 409, 'the device is offline', 'Wait until it is online.'),
('L0403', 'device_busy', 409, 'the device already has a run', 'Wait for it to end, or stop it.'),
('L0404', 'deployment_ended', 409, 'the run has ended', 'Deploy again.'),
('L0405', 'append_only', 403, 'trials and logs are append only', 'Send a higher rev to correct a trial.'),
('L0501', 'bad_input', 422, 'an argument is missing or out of range', 'See the details.'),
('L0502', 'limit_too_large', 400, 'the limit is above the maximum', 'Ask for fewer rows, page by key.'),
('L0503', 'rate_limited', 429, 'too many requests', 'Wait and try again.')
on conflict (code) do update
    set name = excluded.name, http_status = excluded.http_status, message = excluded.message, hint = excluded.hint;
