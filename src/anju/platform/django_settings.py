"""Django's settings, derived from `anju.platform.settings`: one center, one schema, two database roles."""

from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from anju.platform.embedded import EmbeddedServer
from anju.platform.settings import read_settings, secret_key

_settings = read_settings()
_package = Path(__file__).resolve().parent.parent


def _database(url: str) -> dict[str, Any]:
    parts: dict[str, Any] = conninfo_to_dict(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname"),
        "USER": parts.pop("user"),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {**parts, "options": f"-c search_path={_settings.center},pg_temp"},
    }


_server = EmbeddedServer(_settings.home)
DATABASES = {
    "default": _database(_settings.database_url or _server.url("app")),
    "owner": _database(_settings.owner_url or _settings.database_url or _server.url("owner")),
}
ANJU_CENTER = _settings.center
ANJU_HOME = _settings.home

SECRET_KEY = secret_key(_settings)
DEBUG = False
ALLOWED_HOSTS = list(_settings.allowed_hosts)
ROOT_URLCONF = "anju.web.urls"
WSGI_APPLICATION = "anju.web.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "procrastinate.contrib.django",
    "anju.platform",
    "anju.policy_store",
    "anju.ledger",
    "anju.cases",
    "anju.registry",
    "anju.contributions",
    "anju.withdrawals",
    "anju.loans",
    "anju.treasury",
    "anju.accounting",
    "anju.city",
    "anju.api",
    "anju.web",
    "django.forms",  # after web, whose templates of widgets come first
]
MIDDLEWARE = [
    "anju.web.request_log.RequestLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "anju.web.security.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "anju.web.sign_in_limits.SessionLimitsMiddleware",
    "anju.web.sign_in_doors.DoorMiddleware",
    "anju.web.sign_in_second_factor.SecondFactorMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "anju.web.sign_in_doors.shell",
            ],
        },
    },
]

FORM_RENDERER = "anju.web.form_renderer.AnjuRenderer"

AUTH_USER_MODEL = "platform.User"
LOGIN_URL = "sign-in"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]

#: allauth carries the sign-in; its own pages are not reachable, accounts are made in ours.
ACCOUNT_ADAPTER = "anju.web.sign_in_adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS = False  # web/throttle.py counts, in the database
MFA_ADAPTER = "anju.platform.people.second_factor.SecondFactorAdapter"
SOCIALACCOUNT_ADAPTER = "anju.web.sign_in_openid.OpenIdAdapter"
ANJU_OPENID = _settings.openid
ANJU_STAFF_TOTP = _settings.staff_totp
ANJU_STAFF_IDLE_SECONDS = _settings.staff_idle_minutes * 60
ANJU_PORTAL_IDLE_SECONDS = _settings.portal_idle_minutes * 60

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _settings.https
SESSION_COOKIE_AGE = 8 * 3600
SECURE_HSTS_SECONDS = 365 * 86400 if _settings.https else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = None
PROCRASTINATE_IMPORT_PATHS = [
    "anju.platform.jobs",
    "anju.platform.nightly",
    "anju.ledger.nightly",
    "anju.web.sign_in_cleanup",
    "anju.web.bank_notices",
    "anju.cases.nightly",
    "anju.contributions.relief_nightly",
    "anju.contributions.arrears",
    "anju.contributions.letters.jobs",
    "anju.contributions.sheets.jobs",
    "anju.registry.nightly",
]

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文")]  # one more when its catalogue is there: a page speaks one language
LOCALE_PATHS = [_package / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_I18N = USE_TZ = True

STATIC_URL = "static/"
WHITENOISE_USE_FINDERS = True
STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "anju.platform.logs.PrivateJsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "loggers": {
        "anju": {"level": _settings.log_level},
        "django.request": {"level": "ERROR"},  # tracebacks; refused requests stand in the request log
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
ANJU_METRICS_TOKEN = _settings.metrics_token
ANJU_CLAMD = _settings.clamd
#: An upload of a paper (at most 10 MiB) stays in memory: a temporary file would hold it in clear.
FILE_UPLOAD_MAX_MEMORY_SIZE = 11 * 1024 * 1024

#: The API: whom access tokens must be meant for, and how often one caller may ask within a minute.
ANJU_INSTITUTION, ANJU_TRANSFER_URL = _settings.institution, _settings.transfer_url
ANJU_BANK_URL = _settings.bank_url
ANJU_OIDC_AUDIENCE = _settings.oidc_audience
ANJU_API_READS, ANJU_API_WRITES, ANJU_API_ADDRESS = _settings.api_reads, _settings.api_writes, _settings.api_address

#: The service items that this center offers, one module each: how a new one is added stands in docs/how-to.
ANJU_SERVICE_ITEMS: tuple[str, ...] = (
    "anju.cases.items.s01_enquiry",
    "anju.contributions.items.c01_remittance",
    "anju.contributions.items.c04_allocation",
    "anju.contributions.items.p01_account_opening",
    "anju.contributions.items.p03_sealing",
    "anju.contributions.items.p04_unsealing",
    "anju.contributions.items.p05_move",
    "anju.contributions.items.c02_back_payment",
    "anju.contributions.items.c03_correction",
    "anju.contributions.items.c05_refund",
    "anju.contributions.items.p06_transfer_in",
    "anju.contributions.items.p07_transfer_out",
    "anju.contributions.items.p10_flexible_agreement",
    "anju.contributions.items.p11_flexible_payment",
    "anju.contributions.items.p12_flexible_exit",
    "anju.contributions.items.u04_yearly_bases",
    "anju.contributions.items.z01_certificate",
    "anju.registry.items.p02_personal_data",
    "anju.contributions.items.p08_merging",
    "anju.registry.items.p09_freeze",
    "anju.registry.items.u01_unit_registration",
    "anju.registry.items.u02_unit_facts",
    "anju.contributions.items.u03_ratio_change",
    "anju.contributions.items.u05_ratio_reduction",
    "anju.contributions.items.u06_deferral",
    "anju.contributions.items.u07_unit_sealing",
    "anju.contributions.items.u08_unit_closing",
    "anju.contributions.items.u09_unit_succession",
)

#: Folder of the published report's data; pages say so when it is missing.
ANJU_EXAMPLE = Path.cwd() / "examples" / "yueyang-2024"
