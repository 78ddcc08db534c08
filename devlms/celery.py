"""The Celery app: ``celery -A devlms.celery worker``. Tasks are found in every installed app, as in the LMS."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "devlms.settings")

app = Celery("devlms")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
