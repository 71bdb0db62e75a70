"""Measures of the owner checks: challenge phrases, speaker comparison, presentation attacks."""
