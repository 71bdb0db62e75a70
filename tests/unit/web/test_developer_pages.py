"""The developer's pages: members by role, keys with addresses, grants, endpoints, the playground; and strangers, who see nothing."""

from __future__ import annotations

import json
import re

import pytest
from django.test import Client

from tests.fakes.world import World, make_actor, make_world
from vivavoce.accounts.models import ApiKey, Membership, Organisation, User
from vivavoce.web.bars import columns
from vivavoce.web.examples import speech
from voices.models import Grant

pytestmark = pytest.mark.django_db
TABS = ["", "playground/", "grants/", "keys/", "webhooks/", "members/"]


def signed_in(email: str, *, sandbox: bool = False) -> Client:
    client = Client()
    user = User.objects.filter(email=email).first() or User.objects.create_user(email)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    if sandbox:
        client.post("/world/", {"world": "sandbox"})
    return client


def member(organisation: Organisation, email: str, role: str) -> Client:
    client = signed_in(email)
    Membership.objects.create(organisation=organisation, user=User.objects.get(email=email), role=role)
    return client


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def manager(world: World) -> Client:
    return member(world.organisation, "manager@example.org", "manager")


@pytest.mark.parametrize("tab", TABS)
def test_managers_see_every_page_developers_those_they_may_and_strangers_none(world: World, tab: str) -> None:
    path = f"/apps/{world.organisation.pk}/{tab}"
    assert member(world.organisation, "m@example.org", "manager").get(path).status_code == 200
    status = member(world.organisation, "d@example.org", "developer").get(path).status_code
    assert status == (404 if tab in {"keys/", "webhooks/"} else 200)
    assert signed_in("stranger@example.org").get(path).status_code == 404


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("keys/", {"name": "x", "scopes": ["voices"]}),
        ("grants/", {"voice_id": "voi_1"}),
        ("webhooks/", {"url": "https://example.org/", "events": ["clip.released"]}),
        ("members/", {"email": "other@example.org", "role": "manager"}),
    ],
)
def test_a_developer_changes_nothing(world: World, path: str, form: dict[str, object]) -> None:
    developer = member(world.organisation, "d@example.org", "developer")
    assert developer.post(f"/apps/{world.organisation.pk}/{path}", form).status_code == 404


def test_a_key_takes_scopes_addresses_and_an_end_and_rotates_with_overlap(world: World, manager: Client) -> None:
    path = f"/apps/{world.organisation.pk}/keys/"
    form = {"name": "server", "scopes": ["voices", "synthesis"], "ip_list": "203.0.113.7\n198.51.100.0/24", "days": 30}
    page = manager.post(path, form).content.decode()
    assert re.search(r"vv_live_\w{20,}", page)
    key = ApiKey.objects.get()
    assert key.ip_list == ["203.0.113.7/32", "198.51.100.0/24"]
    assert sorted(key.scopes) == ["synthesis", "voices"]
    assert key.expires_at is not None
    page = manager.post(f"{path}{key.pk}/", {"action": "rotate", "overlap": "3600"}).content.decode()
    assert re.search(r"vv_live_\w{20,}", page)
    key.refresh_from_db()
    assert key.successor is not None
    manager.post(f"{path}{key.successor_id}/", {"action": "revoke"})
    assert ApiKey.objects.get(pk=key.successor_id).revoked_at is not None


def test_addresses_that_are_none_are_refused_in_words(world: World, manager: Client) -> None:
    path = f"/apps/{world.organisation.pk}/keys/"
    answer = manager.post(path, {"name": "x", "scopes": ["voices"], "ip_list": "everywhere"}, follow=True)
    assert "CIDR" in answer.content.decode()
    assert not ApiKey.objects.exists()


def test_members_come_change_and_go_but_the_last_manager_stays(world: World, manager: Client) -> None:
    User.objects.create_user("colleague@example.org")
    path = f"/apps/{world.organisation.pk}/members/"
    manager.post(path, {"email": "colleague@example.org", "role": "developer"})
    colleague = Membership.objects.get(user__email="colleague@example.org")
    manager.post(f"{path}{colleague.user_id}/", {"role": "manager"})
    colleague.refresh_from_db()
    assert colleague.role == "manager"
    manager.post(f"{path}{colleague.user_id}/", {"action": "remove"})
    assert not Membership.objects.filter(pk=colleague.pk).exists()
    me = Membership.objects.get(user__email="manager@example.org")
    answer = manager.post(
        f"{path}{me.user_id}/", {"role": "developer"}, headers={"Referer": "http://testserver" + path}
    )
    assert "keeps at least one manager" in manager.get(answer["Location"]).content.decode()


def test_a_voice_that_is_not_there_is_said_at_its_field(world: World, manager: Client) -> None:
    form = {
        "voice_id": "voi_unknown",
        "purposes": ["narration"],
        "languages": ["en"],
        "formats": ["wav"],
        "quota_characters": 10,
        "days": 3,
        "disclosure": "none",
        "message": "Please",
    }
    path = f"/apps/{world.organisation.pk}/grants/"
    answer = manager.post(path, form)
    assert answer.status_code == 422
    assert "no voice with this id" in answer.content.decode()
    assert manager.post(path, form | {"voice_id": world.voice.pk}).status_code == 302
    asked = Grant.objects.get(state="requested")
    manager.post(f"{path}{asked.pk}/", {"action": "give_up"})
    asked.refresh_from_db()
    assert asked.state == "revoked"


def test_the_playground_asks_and_says_where_to_listen(world: World, manager: Client) -> None:
    path = f"/apps/{world.organisation.pk}/playground/"
    form = {"voice_id": world.voice.pk, "text": "Hello.", "purpose": "narration", "language": "en", "speed": "1.0"}
    answer = manager.post(path, form | {"format": "wav", "stream": "on"}, headers={"HX-Request": "true"})
    where = json.loads(answer.content)
    assert where["format"] == "wav"
    nothing_yet = manager.get(where["windows"])
    assert (nothing_yet.status_code, nothing_yet["X-Ended"]) == (204, "0")
    assert "Rendering" in manager.get(where["result"], headers={"HX-Request": "true"}).content.decode()
    assert signed_in("stranger@example.org").get(where["windows"]).status_code == 404
    refused = manager.post(path, form | {"format": "wav", "purpose": "advertising"}, headers={"HX-Request": "true"})
    assert refused.status_code == 422
    assert 'role="alert"' in refused.content.decode()


def test_a_voice_without_a_live_grant_is_not_offered(world: World, manager: Client) -> None:
    assert world.voice.pk in manager.get(f"/apps/{world.organisation.pk}/playground/").content.decode()
    Grant.objects.update(state="exhausted")
    page = manager.get(f"/apps/{world.organisation.pk}/playground/").content.decode()
    assert world.voice.pk not in page
    assert "No voice to speak with" in page


def test_the_sandbox_has_a_voice_for_everybody() -> None:
    actor = make_actor()
    client = signed_in("new@example.org", sandbox=True)
    made = client.post("/apps/", {"name": "New"})["Location"]
    assert actor.pk in client.get(made + "playground/").content.decode()


def test_lines_to_copy_quote_what_people_write() -> None:
    text = 'It\'s "here"; $(rm -rf /) `x`\n</pre>'
    found = {example.id: example.code for example in speech(base="https://v.example", body={"input": text})}
    assert "'\"'\"'" in found["curl"]  # shlex's way round an apostrophe
    assert repr(text) in found["python"]
    assert json.dumps(text) in found["js"]


def test_bars_are_within_the_chart_and_something_is_never_nothing() -> None:
    from datetime import date

    chart = columns([(date(2026, 1, 1), 0), (date(2026, 1, 2), 1), (date(2026, 1, 3), 4321)])
    assert chart.top == 5000
    assert [bar.height > 0 for bar in chart.columns] == [False, True, True]
    assert all(0 <= bar.y <= chart.height for bar in chart.columns)
