"""Sound in and out: the Audio type, bounded decoding, encoding, resampling, features."""

from audiokit.audio import Audio, Samples
from audiokit.errors import AudioError

__all__ = ["Audio", "AudioError", "Samples"]
