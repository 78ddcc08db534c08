"""Settings of the embedded LMS. Everything a run may want to change is an environment variable.

``DEVLMS_DB_NAME`` alone names an SQLite file; with ``DEVLMS_DB_HOST`` it is a MariaDB or MySQL database
(``DEVLMS_DB_PORT``, ``DEVLMS_DB_USER``, ``DEVLMS_DB_PASSWORD``). ``DEVLMS_REDIS_URL`` turns on a shared cache and a real
Celery broker (``DEVLMS_BROKER_URL``: another Redis for that); without it the cache is in memory and tasks run at once.
``DEVLMS_DEBUG=0`` hides tracebacks.
``DEVLMS_TRACKING_LOG`` names the file of the tracking log. The switches of ``devlms/spoil.py`` are for negative controls.
"""

import os
import sys
from pathlib import Path

import django
from edx_django_utils.plugins import add_plugins, get_plugin_apps

from devlms.lazily import load_lazily
from devlms.spoil import spoil_settings

load_lazily()
ROOT = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ.get("DEVLMS_BUILD", ROOT / "build"))
BUILD.mkdir(parents=True, exist_ok=True)


def _database() -> dict:
    if host := os.environ.get("DEVLMS_DB_HOST"):
        return {
            "ENGINE": "django.db.backends.mysql",
            "HOST": host,
            "PORT": os.environ.get("DEVLMS_DB_PORT", "3306"),
            "NAME": os.environ.get("DEVLMS_DB_NAME", "devlms"),
            "USER": os.environ.get("DEVLMS_DB_USER", "devlms"),
            "PASSWORD": os.environ.get("DEVLMS_DB_PASSWORD", ""),
            "OPTIONS": {"charset": "utf8mb4"},
            "TEST": {"CHARSET": "utf8mb4"},
        }
    options: dict = {"timeout": 20}
    if django.VERSION >= (5, 1):
        # A transaction takes the write lock at its first statement: two writers wait instead of failing half way.
        options |= {"transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;"}
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("DEVLMS_DB_NAME", str(BUILD / "devlms.sqlite3")),
        "OPTIONS": options,
    }


# As in the LMS: a view is one transaction unless it says otherwise.
DATABASES = {"default": {**_database(), "ATOMIC_REQUESTS": True}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

SECRET_KEY = os.environ.get("DEVLMS_SECRET_KEY", "embedded-lms-for-development-only-never-a-secret")
DEBUG = os.environ.get("DEVLMS_DEBUG", "1") != "0"
ALLOWED_HOSTS = ["*"]
SITE_ID = 1
ROOT_URLCONF = "devlms.urls"
WSGI_APPLICATION = "devlms.wsgi.application"
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("ar", "العربية"), ("es-419", "Español (Latinoamérica)"), ("fr", "Français")]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.sites",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "drf_spectacular",
    "waffle",
    "simple_history",
    "organizations",
    "openedx_events",
    "openedx_filters",
    "eventtracking.django.apps.EventTrackingConfig",
    "devlms.apps.DevLmsConfig",
]
MIDDLEWARE = [
    "crum.CurrentRequestUserMiddleware",
    "edx_django_utils.cache.middleware.RequestCacheMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "edx_django_utils.cache.middleware.TieredCacheMiddleware",
    "waffle.middleware.WaffleMiddleware",
]
X_FRAME_OPTIONS = "SAMEORIGIN"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "devlms.shell.page_shell",
            ]
        },
    }
]
STATIC_URL = "/static/"
STATIC_ROOT = str(BUILD / "static")

LMS_ROOT_URL = os.environ.get("DEVLMS_ROOT_URL", "http://127.0.0.1:8000")
LOGIN_URL = "/login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login"
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_COOKIE_NAME = "devlms_session"
CSRF_COOKIE_NAME = "csrftoken"
AUTH_PASSWORD_VALIDATORS: list = []
# Hundreds of demo accounts share one password: a slow hash would cost each test run seconds and protect nothing.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DEMO_PASSWORD = os.environ.get("DEVLMS_DEMO_PASSWORD", "assessprep")

REDIS_URL = os.environ.get("DEVLMS_REDIS_URL", "")
if REDIS_URL:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
    # Django's cached sessions fail with the cache. Here it is our own code that has to do without one.
    SESSION_ENGINE = "django.contrib.sessions.backends.db"
    CELERY_BROKER_URL = os.environ.get("DEVLMS_BROKER_URL", REDIS_URL)
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "devlms"}}
    CELERY_TASK_ALWAYS_EAGER = True
    CELERY_TASK_EAGER_PROPAGATES = False
CELERY_TASK_IGNORE_RESULT = True

REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
}
# Tokens of programs, as the LMS reads them on the routes of handlers.
JWT_AUTH = {
    "JWT_AUTH_HEADER_PREFIX": "JWT",
    "JWT_AUTH_COOKIE": "edx-jwt-cookie",
    "JWT_ISSUER": LMS_ROOT_URL,
    "JWT_AUDIENCE": "devlms",
    "JWT_ALGORITHM": "HS256",
    "JWT_SECRET_KEY": SECRET_KEY,
    "JWT_VERIFY_EXPIRATION": True,
    "JWT_VERIFY_AUDIENCE": True,
    "JWT_SUPPORTED_VERSION": "1.1.0",
    "JWT_DECODE_HANDLER": "edx_rest_framework_extensions.auth.jwt.decoder.jwt_decode_handler",
    "JWT_ISSUERS": [{"ISSUER": LMS_ROOT_URL, "AUDIENCE": "devlms", "SECRET_KEY": SECRET_KEY}],
}

# The problem block asks these two which folder its built assets are served from.
PIPELINE = {"PIPELINE_ENABLED": False}
REQUIRE_DEBUG = True
COURSE_ID_PATTERN = r"(?P<course_id>[^/+]+(/|\+)[^/+]+(/|\+)[^/?]+)"

#: Mixed into every block of the LMS. Plugins add theirs, as dotted paths.
XBLOCK_MIXINS: tuple = ("devlms.mixins.InheritanceMixin", "devlms.mixins.LmsBlockMixin")
#: Mixed into every block of Studio, which has settings of its own in the real platform.
STUDIO_XBLOCK_MIXINS: tuple = ("devlms.mixins.InheritanceMixin", "devlms.mixins.LmsBlockMixin")

TRACKING_LOG = os.environ.get("DEVLMS_TRACKING_LOG", str(BUILD / "tracking.log"))
EVENT_TRACKING_ENABLED = True
EVENT_TRACKING_BACKENDS = {
    "tracking_logs": {
        "ENGINE": "eventtracking.backends.logger.LoggerBackend",
        "OPTIONS": {"name": "tracking", "max_event_size": 50000},
    }
}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(message)s"}},
    "handlers": {
        "tracking": {"class": "logging.FileHandler", "filename": TRACKING_LOG, "delay": True, "formatter": "plain"},
        "console": {"class": "logging.StreamHandler"},
    },
    "loggers": {
        "tracking": {"handlers": ["tracking"], "level": "INFO", "propagate": False},
        "devlms": {"handlers": ["console"], "level": "INFO"},
        "assessprep_xblock": {"handlers": ["console"], "level": "INFO"},
    },
}

ASSESSPREP_LMS = "devlms.gateway.DevLms"

# Plugins, found as the LMS finds them; Studio's half of their settings too, for we play Studio in the same process.
INSTALLED_APPS += [app for app in get_plugin_apps("lms.djangoapp") if app not in INSTALLED_APPS]
add_plugins(__name__, "lms.djangoapp", "common")
add_plugins(__name__, "cms.djangoapp", "common")
spoil_settings(sys.modules[__name__])
