"""For operators."""

from __future__ import annotations

from django.urls import path

from vivavoce.web.views import reviews

urlpatterns = [
    path("reviews/", reviews.reviews, name="reviews"),
    path("reviews/<str:consent_id>/", reviews.vote, name="review-vote"),
]
