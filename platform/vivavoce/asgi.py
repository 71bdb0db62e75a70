"""ASGI entry point."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vivavoce.settings")
_application = get_asgi_application()

from vivavoce.api.body_limit import BodyLimit  # noqa: E402 (its neighbours need Django to be set up)

application = BodyLimit(_application)
