"""Site days against a model, and the rules of opener and locker."""
