"""Whether speech may be made, and the proof of it."""
