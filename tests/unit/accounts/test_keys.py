"""Keys: created, used, rotated, revoked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from audiokit.clock import frozen, now
from safeguards.audit.models import Entry
from tests.factories import accounts
from vivavoce.accounts import authenticate, services
from vivavoce.accounts.errors import Conflict, Forbidden, Invalid, KeyRefused, NotFound
from vivavoce.accounts.models import ApiKey
from vivavoce.accounts.principals import AppPrincipal, PersonPrincipal, SystemPrincipal

pytestmark = pytest.mark.django_db
SYSTEM = SystemPrincipal("test")
HERE = "192.0.2.7"


def issue(**terms: object) -> services.IssuedKey:
    """A key of a new organisation unless ``terms`` say otherwise."""
    values: dict[str, object] = {"world": "live", "name": "k", "scopes": ["synthesis", "keys"], **terms}
    if "account_id" not in values:
        values.setdefault("organisation_id", accounts.organisation().pk)
    return services.key_create(by=SYSTEM, **values)  # type: ignore[arg-type]


def manager() -> tuple[PersonPrincipal, str]:
    """Somebody who is signed in and manages an organisation."""
    organisation = accounts.organisation()
    user = accounts.member(organisation).user
    return authenticate.by_session(user, world="live"), organisation.pk


def test_a_key_opens_its_principal_and_is_stored_hashed() -> None:
    issued = issue()
    principal = authenticate.by_key(issued.token, address=HERE)
    assert isinstance(principal, AppPrincipal)
    assert principal.scopes == {"synthesis", "keys"}
    stored = ApiKey.objects.get(pk=issued.key.pk)
    assert issued.token not in str(stored.__dict__)
    assert stored.last_used_at is not None


def test_a_persons_key_carries_roles_only_as_long_as_the_account_has_them() -> None:
    user = accounts.user(auditor=True)
    issued = issue(account_id=user.pk, scopes=["audit"])
    assert authenticate.by_key(issued.token, address=HERE).is_auditor  # type: ignore[union-attr]
    user.is_auditor = False
    user.save()
    assert not authenticate.by_key(issued.token, address=HERE).is_auditor  # type: ignore[union-attr]
    user.is_active = False
    user.save()
    with pytest.raises(KeyRefused):
        authenticate.by_key(issued.token, address=HERE)


def test_a_role_scope_needs_the_role() -> None:
    with pytest.raises(Invalid) as refused:
        issue(account_id=accounts.user().pk, scopes=["operate"])
    assert refused.value.code == "role_missing"


def test_a_well_formed_key_that_does_not_exist_is_refused_like_a_wrong_secret() -> None:
    issued = issue()
    ApiKey.objects.filter(pk=issued.key.pk).delete()
    with pytest.raises(KeyRefused) as refused:
        authenticate.by_key(issued.token, address=HERE)
    assert refused.value.code == "key_invalid"


def test_a_malformed_key_costs_no_database_query(django_assert_num_queries: object) -> None:
    with django_assert_num_queries(0), pytest.raises(KeyRefused):  # type: ignore[operator]
        authenticate.by_key("vv_live_AAAAAAAAAAAA_" + "A" * 49, address=HERE)


@pytest.mark.parametrize(
    ("blocks", "address", "allowed"),
    [
        (["203.0.113.0/24"], "203.0.113.9", True),
        (["203.0.113.0/24"], "203.0.114.9", False),
        (["203.0.113.0/24"], "::ffff:203.0.113.9", True),
        (["2001:db8::/32"], "2001:db8::1", True),
        (["2001:db8::/32"], "", False),
    ],
)
def test_the_address_list_decides_where_a_key_works(blocks: list[str], address: str, allowed: bool) -> None:
    issued = issue(ip_list=blocks)
    if allowed:
        authenticate.by_key(issued.token, address=address)
        return
    with pytest.raises(KeyRefused) as refused:
        authenticate.by_key(issued.token, address=address)
    assert refused.value.code == "key_address_refused"


def test_a_key_expires() -> None:
    with frozen(datetime(2026, 1, 1, tzinfo=UTC)) as clock:
        issued = issue(expires_at=now() + timedelta(hours=1))
        authenticate.by_key(issued.token, address=HERE)
        clock.advance(3600)
        with pytest.raises(KeyRefused) as refused:
            authenticate.by_key(issued.token, address=HERE)
    assert refused.value.code == "key_expired"


def test_both_keys_work_during_the_overlap_of_a_rotation_and_only_the_new_one_after_it() -> None:
    with frozen(datetime(2026, 1, 1, tzinfo=UTC)) as clock:
        old = issue()
        new = services.key_rotate(by=SYSTEM, key_id=old.key.pk, overlap_seconds=60)
        authenticate.by_key(old.token, address=HERE)
        authenticate.by_key(new.token, address=HERE)
        clock.advance(61)
        authenticate.by_key(new.token, address=HERE)
        with pytest.raises(KeyRefused):
            authenticate.by_key(old.token, address=HERE)
        with pytest.raises(Conflict) as refused:
            services.key_rotate(by=SYSTEM, key_id=old.key.pk)
    assert refused.value.code == "key_ended"


def test_a_key_is_rotated_once() -> None:
    old = issue()
    services.key_rotate(by=SYSTEM, key_id=old.key.pk)
    with pytest.raises(Conflict) as refused:
        services.key_rotate(by=SYSTEM, key_id=old.key.pk)
    assert refused.value.code == "key_already_rotated"


def test_revoking_ends_a_key_at_once_and_twice_is_once_in_the_log() -> None:
    issued = issue()
    for _ in range(2):
        services.key_revoke(by=SYSTEM, key_id=issued.key.pk)
    with pytest.raises(KeyRefused) as refused:
        authenticate.by_key(issued.token, address=HERE)
    assert refused.value.code == "key_revoked"
    events = list(Entry.objects.filter(subject=f"key:{issued.key.pk}").values_list("type", flat=True))
    assert events == [801, 803]


def test_a_key_without_the_scope_keys_may_end_itself_and_nothing_else() -> None:
    organisation = accounts.organisation()
    weak = issue(organisation_id=organisation.pk, scopes=["synthesis"])
    other = issue(organisation_id=organisation.pk)
    by = authenticate.by_key(weak.token, address=HERE)
    with pytest.raises(NotFound):
        services.key_revoke(by=by, key_id=other.key.pk)
    services.key_revoke(by=by, key_id=weak.key.pk)


def test_a_key_cannot_make_one_that_reaches_further_or_into_the_other_world() -> None:
    issued = issue()
    by = authenticate.by_key(issued.token, address=HERE)
    assert isinstance(by, AppPrincipal)
    with pytest.raises(Forbidden) as further:
        services.key_create(by=by, organisation_id=by.organisation_id, world="live", name="k", scopes=["clips"])
    assert further.value.code == "scope_exceeds_own"
    with pytest.raises(Forbidden) as across:
        services.key_create(by=by, organisation_id=by.organisation_id, world="sandbox", name="k", scopes=["synthesis"])
    assert across.value.code == "world_mismatch"


def test_a_managers_reach_ends_at_the_organisation() -> None:
    by, organisation_id = manager()
    services.key_create(by=by, organisation_id=organisation_id, world="live", name="k", scopes=["clips"])
    stranger, _ = manager()
    with pytest.raises(NotFound):
        services.key_create(by=stranger, organisation_id=organisation_id, world="live", name="k", scopes=["clips"])


def test_a_developer_cannot_handle_keys() -> None:
    organisation = accounts.organisation()
    user = accounts.member(organisation, role="developer").user
    with pytest.raises(NotFound):
        services.key_create(
            by=authenticate.by_session(user, world="live"),
            organisation_id=organisation.pk,
            world="live",
            name="k",
            scopes=["clips"],
        )


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"scopes": []}, "scopes_empty"),
        ({"scopes": ["everything"]}, "scope_unknown"),
        ({"scopes": ["owner"]}, "scope_unknown"),
        ({"ip_list": ["localhost"]}, "ip_list_invalid"),
        ({"name": "  "}, "name_empty"),
        ({"world": "test"}, "world_unknown"),
        ({"expires_at": datetime(2020, 1, 1, tzinfo=UTC)}, "expiry_in_past"),
    ],
)
def test_what_makes_no_sense_is_refused(terms: dict[str, object], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        issue(**terms)
    assert refused.value.code == code
