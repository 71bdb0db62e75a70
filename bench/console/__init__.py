"""How fast and how heavy each kind of page of the console is."""
