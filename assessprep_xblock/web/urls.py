"""Addresses of the staff pages: each module lists its own, here they come together."""

from .accommodations import urlpatterns as accommodation_urls
from .analyse import urlpatterns as analyse_urls
from .conflicts import urlpatterns as conflict_urls
from .course import urlpatterns as course_urls
from .grade import urlpatterns as grade_urls
from .guests import urlpatterns as guest_urls
from .library import urlpatterns as library_urls
from .marking import urlpatterns as marking_urls
from .monitor import urlpatterns as monitor_urls
from .outages import urlpatterns as outage_urls
from .regrading import urlpatterns as regrading_urls
from .replay import urlpatterns as replay_urls
from .rooms import urlpatterns as room_urls
from .session_code import urlpatterns as code_urls
from .session_form import urlpatterns as form_urls
from .sessions import urlpatterns as session_urls
from .sessions_together import urlpatterns as together_urls
from .usage import urlpatterns as usage_urls
from .versions import urlpatterns as version_urls

urlpatterns = [
    *library_urls,
    *usage_urls,
    *version_urls,
    *course_urls,
    *session_urls,
    *together_urls,
    *form_urls,
    *accommodation_urls,
    *code_urls,
    *monitor_urls,
    *outage_urls,
    *replay_urls,
    *room_urls,
    *guest_urls,
    *grade_urls,
    *marking_urls,
    *conflict_urls,
    *regrading_urls,
    *analyse_urls,
]
