"""WHO speaks: owners, consents, challenges, recordings, enrolments, voices, grants."""
