"""The engine worker's part: from an accepted request to sound that only egress can open.

Holds no watermark, signing or delivery credentials (DESIGN 2.5).
"""

from synthesis.render.batch import BATCH, render_waiting
from synthesis.render.streaming import stream_waiting

__all__ = ["BATCH", "render_waiting", "stream_waiting"]
