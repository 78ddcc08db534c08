"""How the LMS and Studio load us: urls, settings and receivers. No logic."""

from django.apps import AppConfig, apps
from edx_django_utils.plugins.constants import PluginSettings, PluginURLs

from .domain.events import signals  # noqa: F401  the event bus has to know our types before any app is ready


class AssessPrepConfig(AppConfig):
    """Common assessments delivered in sessions. One app label for the whole product: ``assessprep``."""

    name = "assessprep_xblock"
    label = "assessprep"
    verbose_name = "Common Assessments"
    default_auto_field = "django.db.models.BigAutoField"

    plugin_app = {
        PluginURLs.CONFIG: {
            "lms.djangoapp": {
                PluginURLs.NAMESPACE: "assessprep",
                PluginURLs.REGEX: "^assessprep/",
                PluginURLs.RELATIVE_PATH: "urls",
            },
            "cms.djangoapp": {
                PluginURLs.NAMESPACE: "assessprep",
                PluginURLs.REGEX: "^assessprep/",
                PluginURLs.RELATIVE_PATH: "urls",
            },
        },
        PluginSettings.CONFIG: {
            "lms.djangoapp": {
                "common": {PluginSettings.RELATIVE_PATH: "settings.lms"},
                "production": {PluginSettings.RELATIVE_PATH: "settings.lms"},
            },
            "cms.djangoapp": {
                "common": {PluginSettings.RELATIVE_PATH: "settings.cms"},
                "production": {PluginSettings.RELATIVE_PATH: "settings.cms"},
            },
        },
    }

    def ready(self) -> None:
        """Connect the platform's events, through the seam; register how ours are read elsewhere."""
        from .receivers import connect

        connect()
        if apps.is_installed("event_routing_backends"):
            from .analytics import caliper, xapi  # noqa: F401  they register themselves
