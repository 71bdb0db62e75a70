"""How near the embedded engine's clones come to their owners, how clear they are, and what they cost."""
