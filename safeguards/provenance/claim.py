"""What the manifest of a clip says. No personal data: the clip is named by its number's mark, the person never."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

# The registered name is reverse-domain style, as the C2PA soft-binding algorithm list asks.
SOFT_BINDING_ALGORITHM = "org.vivavoce.watermark.1"
_TRAINED_MEDIA = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"


class ProvenanceError(Exception):
    """The manifest could not be made, or what was made does not read back; nothing may be released."""


@dataclass(frozen=True)
class ProvenanceClaim:
    """Content of one manifest.

    Attributes:
        clip_id: public id of the clip.
        payload: the 32 bits of the watermark, written as eight hex digits.
        seconds: duration, the scope of the soft binding.
        created_at: when the speech was rendered.
        sandbox: the clip comes from the sandbox: simulated consent, synthetic person.
        generator: software name and version.
    """

    clip_id: str
    payload: int
    seconds: float
    created_at: datetime
    sandbox: bool
    generator: str

    def manifest(self) -> dict[str, Any]:
        """The manifest definition: created-by-AI action, soft binding, and China's GB 45438 ``AIGC`` label as a custom assertion."""
        when = self.created_at.isoformat(timespec="seconds")
        return {
            "claim_generator_info": [{"name": "Vivavoce", "version": self.generator}],
            "title": self.clip_id,
            "assertions": [
                {
                    "label": "c2pa.actions.v2",
                    "data": {
                        "actions": [
                            {
                                "action": "c2pa.created",
                                "when": when,
                                "softwareAgent": {"name": "Vivavoce", "version": self.generator},
                                "digitalSourceType": _TRAINED_MEDIA,
                                "description": "Synthetic speech of a cloned voice, made under a recorded consent",
                            },
                            {"action": "c2pa.watermarked.bound", "when": when},
                        ]
                    },
                },
                {
                    "label": "c2pa.soft-binding",
                    "data": {
                        "alg": SOFT_BINDING_ALGORITHM,
                        "blocks": [
                            {
                                "scope": {"timespan": {"start": 0, "end": round(self.seconds * 1000)}},
                                "value": f"{self.payload:08x}",
                            }
                        ],
                    },
                },
                {
                    "label": "org.vivavoce.aigc",
                    "data": {
                        "AIGC": {
                            "Label": "1",
                            "ContentProducer": "Vivavoce",
                            "ProduceID": self.clip_id,
                        },
                        "world": "sandbox" if self.sandbox else "live",
                    },
                },
            ],
        }
