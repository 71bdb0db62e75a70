"""Settings of every process, read once from the environment.

Two shapes (``VIVAVOCE_SHAPE``): ``embedded`` needs nothing set and keeps all it makes below ``VIVAVOCE_HOME``;
``scale`` has no default for any secret or address and refuses to start without them.
"""

from __future__ import annotations

from pathlib import Path

from vivavoce import env, secrets

BASE = Path(__file__).resolve().parent
SHAPE = env.choice("VIVAVOCE_SHAPE", ["embedded", "scale"], "embedded")
# Which credentials this process holds (DESIGN 2.5): the engine worker must not be able to mark, sign or deliver.
ROLE = env.choice("VIVAVOCE_ROLE", ["all", "web", "engine", "egress", "analysis"], "all")
EMBEDDED = SHAPE == "embedded"
HOME = Path(env.text("VIVAVOCE_HOME", "var" if EMBEDDED else None)).resolve()
HOME.mkdir(mode=0o700, parents=True, exist_ok=True)


def _secret(name: str, file: str, *roles: str) -> list[str]:
    """Base64 secrets, current one first; empty for a role that has no business with them."""
    if roles and ROLE not in {"all", *roles}:
        return []
    if EMBEDDED:
        return env.words(name, secrets.ensure(HOME / "secrets", file))
    return env.words(name)


DEBUG = env.boolean("VIVAVOCE_DEBUG", default=False)
SECRET_KEY = _secret("VIVAVOCE_SECRET_KEY", "django")[0]
PUBLIC_URL = env.text("VIVAVOCE_PUBLIC_URL", "http://127.0.0.1:8000" if EMBEDDED else None).rstrip("/")
ALLOWED_HOSTS = env.words("VIVAVOCE_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1],testserver" if EMBEDDED else None)
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

VIVAVOCE_KEKS = _secret("VIVAVOCE_KEKS", "kek")
VIVAVOCE_LOG_SIGNING_KEYS = _secret("VIVAVOCE_LOG_SIGNING_KEYS", "log-signing", "web", "egress", "analysis")
VIVAVOCE_WATERMARK_KEYS = _secret("VIVAVOCE_WATERMARK_KEYS", "watermark", "egress", "analysis")
VIVAVOCE_EGRESS_PRIVATE_KEY = _secret("VIVAVOCE_EGRESS_PRIVATE_KEY", "egress-box", "egress")
# At scale the engine role is told the public half only; the embedded shape derives it from the private one.
VIVAVOCE_EGRESS_PUBLIC_KEY = env.text("VIVAVOCE_EGRESS_PUBLIC_KEY", "" if ROLE in {"all", "egress", "web"} else None)
VIVAVOCE_KEY_PEPPER = _secret("VIVAVOCE_KEY_PEPPER", "api-key-pepper", "web")
VIVAVOCE_C2PA_CHAIN = env.text("VIVAVOCE_C2PA_CHAIN", str(HOME / "c2pa" / "chain.pem") if EMBEDDED else "")
VIVAVOCE_C2PA_KEY = env.text("VIVAVOCE_C2PA_KEY", str(HOME / "c2pa" / "leaf.key") if EMBEDDED else "")
VIVAVOCE_LOG_ORIGIN = env.text("VIVAVOCE_LOG_ORIGIN", "vivavoce.local/log" if EMBEDDED else None)
VIVAVOCE_CHECKPOINT_DIR = Path(env.text("VIVAVOCE_CHECKPOINT_DIR", str(HOME / "checkpoints")))
VIVAVOCE_CHECKPOINT_EVERY = env.integer("VIVAVOCE_CHECKPOINT_EVERY", 100, minimum=1)
# Live demonstrations only: a challenge may be drawn from a person's own known sentences instead of at random.
VIVAVOCE_CHALLENGE_FROM_SENTENCES = env.boolean("VIVAVOCE_CHALLENGE_FROM_SENTENCES", default=False)
# A JSON file naming models that the operator brings for the checks (docs/checks.md); empty: those of this installation alone.
VIVAVOCE_CHECK_MODELS = env.text("VIVAVOCE_CHECK_MODELS", "")
VIVAVOCE_ENGINE = env.choice("VIVAVOCE_ENGINE", ["parametric", "gpt-sovits"], "parametric")
VIVAVOCE_MODELS_DIR = Path(env.text("VIVAVOCE_MODELS_DIR", str(HOME / "models")))
# Which set of the models folder gpt-sovits runs; may be empty when there is one.
VIVAVOCE_MODEL_SET = env.text("VIVAVOCE_MODEL_SET", "")
VIVAVOCE_ENGINE_DEVICE = env.text("VIVAVOCE_ENGINE_DEVICE", "cpu")
VIVAVOCE_ENGINE_DTYPE = env.choice("VIVAVOCE_ENGINE_DTYPE", ["float32", "float16", "bfloat16"], "float32")
# Engines that owners may choose for a new voice. Empty: the embedded one, and gpt-sovits where a model set is installed here;
# at scale the web process sees no models, so the operator says.
VIVAVOCE_ENGINES = env.words("VIVAVOCE_ENGINES", "")
# On a processor, for speed at a stated loss: the token model's weights in int8, the vocoder in bfloat16 (docs/gpt-sovits.md).
VIVAVOCE_GPT_SOVITS_TOKENS = env.choice(
    "VIVAVOCE_GPT_SOVITS_TOKENS", ["", "float32", "float16", "bfloat16", "int8"], ""
)
VIVAVOCE_GPT_SOVITS_VOCODER = env.choice("VIVAVOCE_GPT_SOVITS_VOCODER", ["float32", "bfloat16"], "float32")
# Streams that begin soon or come close to the whole utterance; empty: soon on a processor, close on a GPU (docs/gpt-sovits.md).
VIVAVOCE_GPT_SOVITS_STREAMS = env.choice("VIVAVOCE_GPT_SOVITS_STREAMS", ["", "quick", "faithful"], "")
# English pieces are held against their text by recognition, and spoken again where words are missing.
VIVAVOCE_GPT_SOVITS_CHECK_WORDS = env.boolean("VIVAVOCE_GPT_SOVITS_CHECK_WORDS", default=False)
# Of the references only the style is used, not their tokens and words.
VIVAVOCE_GPT_SOVITS_REFERENCE_FREE = env.boolean("VIVAVOCE_GPT_SOVITS_REFERENCE_FREE", default=False)
# What a training of gpt-sovits does: take references, or also move the models' weights towards the voice (docs/gpt-sovits.md).
VIVAVOCE_GPT_SOVITS_TRAINING = env.choice("VIVAVOCE_GPT_SOVITS_TRAINING", ["zero_shot", "fine_tune"], "zero_shot")
VIVAVOCE_GPT_SOVITS_PREFERENCE = env.boolean("VIVAVOCE_GPT_SOVITS_PREFERENCE", default=False)
VIVAVOCE_GPT_SOVITS_DENOISE = env.boolean("VIVAVOCE_GPT_SOVITS_DENOISE", default=False)
VIVAVOCE_WEBHOOK_ALLOW_PRIVATE = env.boolean("VIVAVOCE_WEBHOOK_ALLOW_PRIVATE", default=False)
VIVAVOCE_RATE_PER_MINUTE = env.integer("VIVAVOCE_RATE_PER_MINUTE", 600, minimum=1)
VIVAVOCE_PUBLIC_RATE_PER_MINUTE = env.integer("VIVAVOCE_PUBLIC_RATE_PER_MINUTE", 20, minimum=1)
VIVAVOCE_SPEECH_WAIT_SECONDS = env.integer("VIVAVOCE_SPEECH_WAIT_SECONDS", 120, minimum=1)
VIVAVOCE_VERIFY_WAIT_SECONDS = env.integer("VIVAVOCE_VERIFY_WAIT_SECONDS", 25)
VIVAVOCE_METRICS_TOKEN = env.text("VIVAVOCE_METRICS_TOKEN", "")  # empty: /metrics does not exist
VIVAVOCE_MAX_WAITING = env.integer("VIVAVOCE_MAX_WAITING", 64, minimum=1)
VIVAVOCE_LEASE_SECONDS = env.integer("VIVAVOCE_LEASE_SECONDS", 60, minimum=2)
VIVAVOCE_SWEEP_SECONDS = env.integer("VIVAVOCE_SWEEP_SECONDS", 5 if EMBEDDED else 15, minimum=1)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "vivavoce.web",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "ninja",
    "safeguards.audit",
    "safeguards.vault",
    "voices",
    "synthesis",
    "vivavoce.accounts",
    "vivavoce.api",
    "vivavoce.webhooks",
]
MIDDLEWARE = [
    "vivavoce.api.middleware.ApiMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "vivavoce.web.statics.static_answers",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "vivavoce.web.middleware.security_headers",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "vivavoce.api.middleware.PublicFormLimit",
]
ROOT_URLCONF = "vivavoce.urls"
ASGI_APPLICATION = "vivavoce.asgi.application"
WSGI_APPLICATION = "vivavoce.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "vivavoce.web.session.context",
            ]
        },
    }
]

DATABASES = {
    "default": env.database(
        env.text("VIVAVOCE_DATABASE_URL", f"sqlite://{HOME}/vivavoce.sqlite3" if EMBEDDED else None)
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"

CELERY_BROKER_URL = env.text("VIVAVOCE_BROKER_URL", "filesystem://" if EMBEDDED else None)
if CELERY_BROKER_URL == "filesystem://":
    _mail = HOME / "broker"
    _mail.mkdir(exist_ok=True)
    CELERY_BROKER_TRANSPORT = "vivavoce.broker:Transport"  # the same, with messages that are never half there
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_mail),
        "data_folder_out": str(_mail),
        "control_folder": str(HOME / "broker-control"),
        "store_processed": False,
        "polling_interval": 0.1,  # seconds; kombu's own second would be most of the time that a short clip takes
    }

_S3_BUCKET = env.text("VIVAVOCE_S3_BUCKET", "")
_VAULT_STORAGE: dict[str, object] = (
    {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": _S3_BUCKET,
            "endpoint_url": env.text("VIVAVOCE_S3_ENDPOINT", "") or None,
            "region_name": env.text("VIVAVOCE_S3_REGION", "us-east-1"),
            "default_acl": None,
            "querystring_auth": True,
            "file_overwrite": False,
        },
    }
    if _S3_BUCKET
    else {"BACKEND": "safeguards.vault.storage.DurableFolder", "OPTIONS": {"location": str(HOME / "vault")}}
)
STORAGES = {
    # Nothing may be written to a default storage: every blob is sealed by the vault.
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "vault": _VAULT_STORAGE,
    "staticfiles": {"BACKEND": "vivavoce.web.statics.VersionedFiles"},
}
STATIC_URL = "/static/"
STATIC_ROOT = HOME / "staticfiles"
STATIC_ROOT.mkdir(exist_ok=True)  # whitenoise warns about a folder that is not there
WHITENOISE_USE_FINDERS = True
# Uploads stay in memory: Django's other handler would leave recordings unsealed in a temporary folder.
DATA_UPLOAD_MAX_MEMORY_SIZE = FILE_UPLOAD_MAX_MEMORY_SIZE = 41 * 1024 * 1024
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]

AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none" if EMBEDDED else "mandatory"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = EMBEDDED  # the embedded shape sends no mail
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = EMBEDDED
LOGIN_REDIRECT_URL = "/"
LOGIN_URL = "/accounts/login/"
EMAIL_BACKEND = (
    "django.core.mail.backends.console.EmailBackend" if EMBEDDED else "django.core.mail.backends.smtp.EmailBackend"
)

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [BASE / "web" / "locale", BASE / "web" / "locale_sign_in"]
USE_TZ = True
TIME_ZONE = "UTC"

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not EMBEDDED
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_HSTS_SECONDS = 0 if EMBEDDED else 31_536_000

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {
        "handlers": ["stderr"],
        "level": env.choice("VIVAVOCE_LOG_LEVEL", ["DEBUG", "INFO", "WARNING", "ERROR"], "INFO"),
    },
}
