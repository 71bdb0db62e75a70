"""For app developers."""

from __future__ import annotations

from django.urls import path

from vivavoce.web.views.developer import grants, keys, members, organisations, playground, webhooks

urlpatterns = [
    path("apps/", organisations.apps, name="apps"),
    path("apps/<str:organisation_id>/", organisations.app, name="app"),
    path("apps/<str:organisation_id>/keys/", keys.keys, name="keys"),
    path("apps/<str:organisation_id>/keys/<str:key_id>/", keys.key_act, name="key-act"),
    path("apps/<str:organisation_id>/grants/", grants.grants, name="grants"),
    path("apps/<str:organisation_id>/grants/<str:grant_id>/", grants.grant_act, name="grant-act"),
    path("apps/<str:organisation_id>/playground/", playground.playground, name="playground"),
    path("apps/<str:organisation_id>/playground/<str:request_id>/", playground.result, name="playground-request"),
    path(
        "apps/<str:organisation_id>/playground/<str:request_id>/windows/",
        playground.windows,
        name="playground-windows",
    ),
    path("apps/<str:organisation_id>/clips/<str:clip_id>/", playground.clip, name="app-clip"),
    path("apps/<str:organisation_id>/webhooks/", webhooks.webhooks, name="webhooks"),
    path("apps/<str:organisation_id>/webhooks/<str:endpoint_id>/", webhooks.endpoint, name="endpoint"),
    path("apps/<str:organisation_id>/webhooks/<str:endpoint_id>/act/", webhooks.endpoint_act, name="endpoint-act"),
    path("apps/<str:organisation_id>/webhooks/<str:endpoint_id>/log/", webhooks.deliveries, name="deliveries"),
    path(
        "apps/<str:organisation_id>/webhooks/<str:endpoint_id>/log/<str:delivery_id>/",
        webhooks.replay,
        name="delivery-replay",
    ),
    path("apps/<str:organisation_id>/members/", members.members, name="members"),
    path("apps/<str:organisation_id>/members/<str:account_id>/", members.member_act, name="member-act"),
]
