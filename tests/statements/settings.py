"""The embedded LMS with what event-routing-backends expects of the platform beside itself."""

from devlms.settings import *  # noqa: F403
from devlms.settings import INSTALLED_APPS

INSTALLED_APPS = ["celery_utils", "config_models", *INSTALLED_APPS]
