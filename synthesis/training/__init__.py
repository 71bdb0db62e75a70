"""From an accepted enrolment to a voice model, with figures of how good it is."""

from synthesis.training.worker import train_waiting

__all__ = ["train_waiting"]
