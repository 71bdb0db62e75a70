"""Training material and measures of the detector of synthetic speech."""
