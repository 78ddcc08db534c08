"""Addresses of REST v1: each module lists its own, here they come together."""

from .accommodations import urlpatterns as accommodation_urls
from .analysis import urlpatterns as analysis_urls
from .grades import urlpatterns as grade_urls
from .guests import urlpatterns as guest_urls
from .invigilators import urlpatterns as invigilator_urls
from .library import urlpatterns as library_urls
from .marks import urlpatterns as mark_urls
from .monitor import urlpatterns as monitor_urls
from .monitor_deeds import urlpatterns as deed_urls
from .outages import urlpatterns as outage_urls
from .poll import urlpatterns as poll_urls
from .regrading import urlpatterns as regrading_urls
from .replay import urlpatterns as replay_urls
from .room import urlpatterns as room_urls
from .rooms import urlpatterns as rooms_urls
from .schema import schema_urls
from .sessions import urlpatterns as session_urls
from .sessions_bulk import urlpatterns as bulk_urls

_staff_urls = [
    *library_urls,
    *session_urls,
    *bulk_urls,
    *invigilator_urls,
    *accommodation_urls,
    *monitor_urls,
    *deed_urls,
    *room_urls,
    *outage_urls,
    *replay_urls,
    *rooms_urls,
    *grade_urls,
    *mark_urls,
    *regrading_urls,
    *analysis_urls,
]

urlpatterns = [*_staff_urls, *poll_urls, *guest_urls, *schema_urls(_staff_urls)]
