"""The whole story on real parts: a server and a worker are started, and everything is driven over HTTP as a stranger would."""
