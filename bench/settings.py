"""The embedded LMS as a platform runs it: sessions and cache in Redis, connections kept, nothing logged.

Sessions stand in a Redis of their own, so that the product's cache can be taken away without signing everybody out.
"""

import os

from devlms.settings import *  # noqa: F403
from devlms.settings import CACHES, DATABASES

DEBUG = False
ROOT_URLCONF = "bench.urls"
DATABASES["default"]["CONN_MAX_AGE"] = 600
CACHES["sessions"] = {
    "BACKEND": "django.core.cache.backends.redis.RedisCache",
    "LOCATION": os.environ.get("BENCH_SESSIONS_URL", ""),
}
SESSION_ENGINE = "django.contrib.sessions.backends.cache"
SESSION_CACHE_ALIAS = "sessions"
# Without a handler of its own Python writes warnings to the terminal.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"nowhere": {"class": "logging.NullHandler"}},
    "root": {"handlers": ["nowhere"]},
}
EVENT_TRACKING_BACKENDS: dict = {}
