"""Sound in and out: the Audio type, bounded decoding, encoding, resampling, features.

Importing this package loads numpy only; FFmpeg, soundfile and soxr are loaded by the first call that needs them.
"""

from audiokit.audio import Audio, Samples
from audiokit.decode import read
from audiokit.encode import EXTENSIONS, FORMATS, MEDIA_TYPES, AudioFormat, write
from audiokit.errors import AudioError
from audiokit.resample import resample
from audiokit.stream import STREAM_MEDIA_TYPES, StreamEncoder
from audiokit.wav import wav_stream_header

__all__ = [
    "EXTENSIONS",
    "FORMATS",
    "MEDIA_TYPES",
    "STREAM_MEDIA_TYPES",
    "Audio",
    "AudioError",
    "AudioFormat",
    "Samples",
    "StreamEncoder",
    "read",
    "resample",
    "wav_stream_header",
    "write",
]
