"""How the system fares, for operators: rows read, and the few acts that are safe to trigger. Interfaces (console, metrics) call it."""
