"""Reading this room's rows. Each lookup is the permission check: a stranger's object is ``voices.errors.NotFound``, as one that does not exist."""

from synthesis.selectors.clips import clip_get, clip_list
from synthesis.selectors.requests import request_get, request_list, request_text, uses_of_account
from synthesis.selectors.training import Progress, training_progress
from synthesis.selectors.usage import DayOfUse, VoiceOfUse, usage_by_day, usage_by_voice
from synthesis.selectors.verification import VerifyView, verify_get, view_get

__all__ = [
    "DayOfUse",
    "Progress",
    "VerifyView",
    "VoiceOfUse",
    "clip_get",
    "clip_list",
    "request_get",
    "request_list",
    "request_text",
    "training_progress",
    "usage_by_day",
    "usage_by_voice",
    "uses_of_account",
    "verify_get",
    "view_get",
]
