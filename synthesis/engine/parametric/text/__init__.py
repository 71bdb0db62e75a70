"""From text to phones: markup, normalisation, lexicon, letter-to-sound, phrases."""
