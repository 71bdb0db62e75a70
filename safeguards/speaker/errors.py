"""What can be wrong with a recording or an installation when a voice is to be compared."""

from __future__ import annotations


class NoSpeechError(Exception):
    """There is too little speech to say anything about the speaker. The message is for the sender."""


class EncoderError(Exception):
    """The speaker encoder's weights are missing, or are not the file whose digest is pinned."""
