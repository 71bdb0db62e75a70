"""An app developer's pages."""
