"""The keyed, inaudible mark in every released clip: embedding, streaming embedding, blind detection."""

from safeguards.watermark.detect import confirm, detect
from safeguards.watermark.embed import embed
from safeguards.watermark.errors import WatermarkError
from safeguards.watermark.key import WatermarkKey
from safeguards.watermark.payload import ClipNumber, decode_payload, encode_clip_number
from safeguards.watermark.stream import StreamEmbedder
from safeguards.watermark.types import VERSION, Detection, WatermarkedAudio

__all__ = [
    "VERSION",
    "ClipNumber",
    "Detection",
    "StreamEmbedder",
    "WatermarkError",
    "WatermarkKey",
    "WatermarkedAudio",
    "confirm",
    "decode_payload",
    "detect",
    "embed",
    "encode_clip_number",
]
