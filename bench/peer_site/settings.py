"""edx-proctoring as a platform runs it, on the servers of the bench: the same middleware as our side has, nothing logged."""

import os

SECRET_KEY = "for the bench only, never a secret"
DEBUG = False
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "peer_site.urls"
USE_TZ = True
TIME_ZONE = "UTC"
SITE_ID = 1
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.mysql",
        "HOST": os.environ["DEVLMS_DB_HOST"],
        "PORT": os.environ["DEVLMS_DB_PORT"],
        "NAME": "peer",
        "USER": os.environ["DEVLMS_DB_USER"],
        "PASSWORD": os.environ["DEVLMS_DB_PASSWORD"],
        "OPTIONS": {"charset": "utf8mb4"},
        # As in the LMS.
        "ATOMIC_REQUESTS": True,
        "CONN_MAX_AGE": 600,
    }
}
CACHES = {
    name: {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": url, "KEY_PREFIX": "peer"}
    for name, url in (("default", os.environ["DEVLMS_REDIS_URL"]), ("sessions", os.environ["BENCH_SESSIONS_URL"]))
}
SESSION_ENGINE = "django.contrib.sessions.backends.cache"
SESSION_CACHE_ALIAS = "sessions"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.sites",
    "django.contrib.messages",
    "rest_framework",
    "waffle",
    "simple_history",
    "edx_when",
    "edx_proctoring",
    "peer_site.apps.PeerConfig",
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
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"nowhere": {"class": "logging.NullHandler"}},
    "root": {"handlers": ["nowhere"]},
}

# What edx-proctoring asks of a platform's settings.
PLATFORM_NAME = SITE_NAME = "peer.example.com"
DEFAULT_FROM_EMAIL = CONTACT_EMAIL = "peer@example.com"
COURSE_ID_PATTERN = r"(?P<course_id>[^/+]+(/|\+)[^/+]+(/|\+)[^/?]+)"
LEARNING_MICROFRONTEND_URL = "http://peer.example.com"
ENV_ROOT = os.environ.get("TMPDIR", "/tmp")
PROCTORING_SETTINGS: dict = {}
PROCTORING_BACKENDS = {"DEFAULT": "null", "null": {}}
EVENT_TRACKING_BACKENDS: dict = {}
