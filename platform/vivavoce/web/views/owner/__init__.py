"""A voice owner's pages."""
