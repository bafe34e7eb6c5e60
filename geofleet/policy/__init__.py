"""Access rules, declared events, programmes, and what they do to a freight day."""
