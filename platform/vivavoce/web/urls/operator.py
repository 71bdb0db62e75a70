"""For operators."""

from __future__ import annotations

from django.urls import path

from vivavoce.web.views.operator import health, keys, policy, protected, queues, retention, reviews

urlpatterns = [
    path("operation/", health.operation, name="operation"),
    path("operation/workers/", health.workers, name="operation-workers"),
    path("operation/queues/", queues.queues, name="queues"),
    path("operation/queues/look/", queues.look, name="queues-look"),
    path("operation/policy/", policy.policy, name="policy"),
    path("operation/protected/", protected.protected, name="protected"),
    path("operation/protected/waiting/", protected.waiting, name="protected-waiting"),
    path("operation/protected/<str:protected_id>/remove/", protected.remove, name="protected-remove"),
    path("operation/retention/", retention.retention, name="retention"),
    path("operation/retention/apply/", retention.apply, name="retention-apply"),
    path("operation/keys/", keys.keys, name="keys"),
    path("operation/keys/log/", keys.log_hand_over, name="keys-log"),
    path("operation/keys/rewrap/", keys.rewrap, name="keys-rewrap"),
    path("reviews/", reviews.reviews, name="reviews"),
    path("reviews/<str:consent_id>/", reviews.review, name="review"),
    path("reviews/<str:consent_id>/vote/", reviews.vote, name="review-vote"),
    path("reviews/<str:consent_id>/recording.flac", reviews.recording, name="review-recording"),
]
