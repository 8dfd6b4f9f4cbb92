"""`/realtime/v1`: Phoenix channels as Supabase's clients speak them.

Broadcast from the database is the product's live plane: `realtime.send()` writes a row of realtime.messages in the
transaction of the change, the hub tails the rows with a snapshot cursor, channels that may read the topic get them.
`postgres_changes` is not delivered yet: joins with bindings are answered as hosted answers them, but no row follows.
"""
