"""Who speaks: embeddings, calibrated comparison, one-speaker check, nearest-voice search, recording quality."""

from safeguards.evidence import IdentityEvidence, QualityEvidence, SpeakerEvidence
from safeguards.speaker.compare import llr, llr_embeddings
from safeguards.speaker.consistency import consistency
from safeguards.speaker.encoder import DIMENSION, Embedding, embed, heard, reference, template
from safeguards.speaker.errors import EncoderError, NoSpeechError
from safeguards.speaker.index import SpeakerIndex
from safeguards.speaker.quality import quality

__all__ = [
    "DIMENSION",
    "Embedding",
    "EncoderError",
    "IdentityEvidence",
    "NoSpeechError",
    "QualityEvidence",
    "SpeakerEvidence",
    "SpeakerIndex",
    "consistency",
    "embed",
    "heard",
    "llr",
    "llr_embeddings",
    "quality",
    "reference",
    "template",
]
