"""Gathers the models of every noun for Django: one app label, one migration history."""

from .domain.analysis.models import *  # noqa: F403
from .domain.attempts.models import *  # noqa: F403
from .domain.grading.models import *  # noqa: F403
from .domain.library.models import *  # noqa: F403
from .domain.monitoring.models import *  # noqa: F403
from .domain.sessions.models import *  # noqa: F403
from .domain.shared.models import *  # noqa: F403
