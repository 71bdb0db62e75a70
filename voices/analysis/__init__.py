"""The worker's side of this room: claim an analysis, run the real checks, ask the gate, apply what it says.

Only workers import this package: its checks load models. Services never do.
"""

from voices.analysis.checks import speaker_template
from voices.analysis.worker import run

__all__ = ["run", "speaker_template"]
