-- What a company's first device needs, and nothing of the demo: the bucket of the images, the key of devices' tokens, the broker accounts of our own
-- parts. psql -f seed/platform.sql, as the owner, as often as one likes. psql variables:
--   edge_mqtt_user, edge_mqtt_password, mqtt_enrol_user, mqtt_enrol_password, device_jwt_kid, device_jwt_secret
\set ON_ERROR_STOP on
begin;
\ir buckets.sql
\ir service_accounts.sql
commit;
