"""WSGI entry, for gunicorn too: it serves the static files of blocks and pages itself, there is no web server before it."""

import os

from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "devlms.settings")
application = StaticFilesHandler(get_wsgi_application())
