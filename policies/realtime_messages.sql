-- realtime.messages: who may join a private channel. The engine asks this policy once a join, as the user, with the topic in
-- realtime.topic(). No policy for insert: people never broadcast, the database does. Row level security is the platform's: it is on.
drop policy if exists messages_read_topic on realtime.messages;
create policy messages_read_topic on realtime.messages
for select to authenticated using (extension = 'broadcast' and (select private.can_read_topic(realtime.topic())));
