-- Reference rows and the demo: two companies, five people, sites in three time zones, the simulated fleet, a camera and a rig for trying
-- things by hand. psql -f seed/apply.sql, as lics_owner, as often as one likes; rows that exist stay as people have changed them.
-- psql variables, the names of the stack's settings in lower case without LICS_; every password and key comes from them:
--   demo_{member,admin,viewer,other,super}_{email,password}
--   demo_camera_mac, demo_camera_mqtt_password, demo_rig_id, demo_rig_key, demo_deployment_id
--   fleet_password (of every simulated camera), fleet_rig_id, fleet_rig_key, fleet_deployment_id, lab_rig_id, lab_rig_key
--   edge_mqtt_user, edge_mqtt_password, mqtt_enrol_user, mqtt_enrol_password, device_jwt_kid, device_jwt_secret
\set ON_ERROR_STOP on
begin;
\ir buckets.sql
\ir service_accounts.sql
\ir companies.sql
\ir people.sql
\ir cameras.sql
\ir rigs.sql
commit;
