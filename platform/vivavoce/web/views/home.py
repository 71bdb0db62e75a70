"""The first page, and the switch between worlds."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from vivavoce.web.session import WORLD_KEY, page
from voices.states import World


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
    return redirect("home")
