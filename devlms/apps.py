"""Starts the embedded LMS: block types under their platform names, and the receivers of plugins."""

from django.apps import AppConfig
from edx_django_utils.plugins import connect_plugin_receivers


class DevLmsConfig(AppConfig):
    """The embedded LMS."""

    name = "devlms"
    label = "devlms"
    verbose_name = "Embedded LMS"

    def ready(self) -> None:
        """Register what the platform itself would, then connect plugins."""
        from . import celery, shell  # noqa: F401  (the first is the app of shared tasks, the second listens to sign-ins)
        from .blocktypes import register_block_types

        register_block_types()
        self._leave_out_what_names_the_platform()
        connect_plugin_receivers("lms.djangoapp")

    @staticmethod
    def _leave_out_what_names_the_platform() -> None:
        """edx-completion's receivers import platform modules we do not have; one failure would lose all receivers."""
        from completion.apps import CompletionAppConfig

        CompletionAppConfig.plugin_app["url_config"].pop("lms.djangoapp", None)
        CompletionAppConfig.plugin_app["signals_config"].pop("lms.djangoapp", None)
