"""The first page, and the switch between worlds."""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from vivavoce.web.session import WORLD_KEY, page
from voices.states import World

_IN_BOTH = re.compile(r"/(?:voices/|apps/(?:\w+/(?:[a-z]+/)?)?)")


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Three ways in."""
    return render(request, "web/home.html")


@require_POST
@page
def world(request: HttpRequest) -> HttpResponse:
    """Enter or leave the sandbox."""
    wanted = request.POST.get("world")
    request.session[WORLD_KEY] = World.SANDBOX if wanted == World.SANDBOX else World.LIVE
    wanted_page = request.POST.get("next", "")
    # Objects live in one world; lists and an organisation's pages are there in both.
    return redirect(wanted_page if _IN_BOTH.fullmatch(wanted_page) else "home")
