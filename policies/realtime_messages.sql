-- Who may join a private topic. The engine asks this policy as the user, with the topic in realtime.topic(), at each join and whenever
-- rights may have changed. No policy for insert: people never broadcast, the database does. RLS itself is the platform's: it is on.
drop policy if exists "people read the topics of their active company" on realtime.messages;
create policy "people read the topics of their active company" on realtime.messages
for select to authenticated
using (extension = 'broadcast' and (select private.can_read_topic(realtime.topic())));
