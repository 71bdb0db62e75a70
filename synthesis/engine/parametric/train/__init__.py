"""Training of the base weights: corpus, letters, prosody, acoustics. Not needed to clone or to speak."""
