"""People, organisations, memberships, API keys."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import Q

from voices.models.fields import id_field, world_field


class UserManager(BaseUserManager["User"]):
    """Accounts are named by e-mail address."""

    def create_user(self, email: str, password: str | None = None, **extra: Any) -> User:
        """Create an account; without a password it can only be used by passkey or API key."""
        user = self.model(email=self.normalize_email(email).lower(), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """A person with an account. Auditors and operators are marked as such; anybody may be an owner or a member."""

    id = id_field("usr")
    email = models.EmailField(unique=True)
    is_active = models.BooleanField(default=True)
    is_auditor = models.BooleanField(default=False)
    is_operator = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"


class Organisation(models.Model):
    """An app's owner: holds keys, asks for grants."""

    id = id_field("org")
    name = models.CharField(max_length=120)
    # Set for the one through which a person listens to voices of their own; it has no members, no keys, and is in no list.
    personal_of = models.OneToOneField(User, on_delete=models.CASCADE, null=True, related_name="personal_organisation")
    created_at = models.DateTimeField(auto_now_add=True)


class Membership(models.Model):
    """Who acts for an organisation."""

    class Role(models.TextChoices):
        """Managers handle keys and grants; developers read and try."""

        MANAGER = "manager"
        DEVELOPER = "developer"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role.choices)

    class Meta:
        constraints = [models.UniqueConstraint(name="membership_once", fields=["user", "organisation"])]


class ApiKey(models.Model):
    """``vv_live_<id>_<secret><crc>``: shown once, stored as a keyed hash. Belongs to an organisation (app) or to a person (owner, auditor, operator)."""

    id = models.CharField(primary_key=True, max_length=16, editable=False)  # the <id> part, public
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, null=True, related_name="keys")
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="keys")
    world = world_field()
    name = models.CharField(max_length=80)
    secret_hash = models.CharField(max_length=64)  # HMAC-SHA256 of the whole key under the pepper, hex
    scopes = models.JSONField()
    ip_list = models.JSONField(default=list)  # CIDR blocks; empty means any
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    successor = models.OneToOneField("self", on_delete=models.SET_NULL, null=True, related_name="predecessor")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="key_belongs_to_exactly_one",
                condition=Q(organisation__isnull=True, user__isnull=False)
                | Q(organisation__isnull=False, user__isnull=True),
            ),
            models.CheckConstraint(name="key_world_known", condition=Q(world__in=["live", "sandbox"])),
        ]
