"""From recordings to a voice, from text to sound: what lies between the networks."""
