"""What may arrive on the wire, as models: a payload becomes items for SQL, or a reason why not."""
