-- The key that signs devices' tokens, and the broker accounts of our own parts.
insert into private.signing_key (kid, secret, is_current) values (:'device_jwt_kid', :'device_jwt_secret', true)
on conflict (kid) do update set secret = excluded.secret, is_current = true;
update private.signing_key set is_current = false where kid <> :'device_jwt_kid' and is_current;

select private.put_service_account('edge', :'edge_mqtt_user', :'edge_mqtt_password') is null as edge \gset
select private.put_service_account('enrol', :'mqtt_enrol_user', :'mqtt_enrol_password') is null as enrol \gset
