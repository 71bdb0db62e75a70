"""The fingerprint measured on speakers its training never heard."""
