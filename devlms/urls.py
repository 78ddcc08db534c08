"""Addresses of the embedded LMS and its Studio, with the platform's names and keyword arguments where it has them."""

from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.urls import path, re_path
from edx_django_utils.plugins import get_plugin_url_patterns

from devlms.views import courseware, grades, handlers, studio

COURSE = r"(?P<course_id>[^/+]+(?:/|\+)[^/+]+(?:/|\+)[^/?]+)"
USAGE_ID = r"(?P<usage_id>[^/]+)"
USAGE_KEY = r"(?P<usage_key_string>[^/]+)"
HANDLER = r"(?P<handler>[^/]*)(?:/(?P<suffix>.*))?$"

urlpatterns = [
    path("login", auth_views.LoginView.as_view(template_name="devlms/login.html"), name="signin_user"),
    path("logout", auth_views.LogoutView.as_view(), name="logout"),
    path("admin/", admin.site.urls),
    path("language", courseware.choose_language, name="choose_language"),
    path("", courseware.dashboard, name="dashboard"),
    re_path(rf"^courses/{COURSE}/course/?$", courseware.course_home, name="course_home"),
    re_path(rf"^courses/{COURSE}/courseware/(?P<unit_id>[^/]+)/?$", courseware.unit, name="courseware_unit"),
    re_path(rf"^courses/{COURSE}/jump_to/(?P<location>[^/]+)$", courseware.jump_to, name="jump_to"),
    re_path(rf"^courses/{COURSE}/masquerade$", courseware.masquerade, name="masquerade"),
    re_path(rf"^courses/{COURSE}/gradebook/?$", grades.gradebook, name="gradebook"),
    re_path(rf"^courses/{COURSE}/progress/?$", grades.progress, name="progress"),
    re_path(rf"^courses/{COURSE}/tracking/?$", grades.tracking_log, name="tracking_log"),
    re_path(rf"^courses/{COURSE}/xblock/{USAGE_ID}/handler/{HANDLER}", handlers.xblock_handler, name="xblock_handler"),
    re_path(
        rf"^courses/{COURSE}/xblock/{USAGE_ID}/handler_noauth/{HANDLER}",
        handlers.xblock_handler_noauth,
        name="xblock_handler_noauth",
    ),
    re_path(
        rf"^courses/{COURSE}/xqueue/(?P<userid>[^/]*)/(?P<mod_id>[^/]*)/(?P<dispatch>[^/]*)$",
        handlers.xqueue_callback,
        name="xqueue_callback",
    ),
    re_path(
        rf"^courses/{COURSE}/submission_history/(?P<learner_identifier>[^/]*)/(?P<location>.*?)$",
        courseware.submission_history,
        name="submission_history",
    ),
    re_path(rf"^xblock/{USAGE_KEY}$", courseware.render_xblock, name="render_xblock"),
    path("xblock/resource/<str:block_type>/<path:uri>", handlers.xblock_resource, name="xblock_resource_url"),
    path("studio/", studio.home, name="studio_home"),
    re_path(rf"^studio/course/{COURSE}$", studio.outline, name="studio_course"),
    re_path(rf"^studio/course/{COURSE}/add$", studio.add_structure, name="studio_add_structure"),
    re_path(rf"^studio/container/{USAGE_KEY}$", studio.container, name="studio_container"),
    re_path(rf"^studio/container/{USAGE_KEY}/publish$", studio.publish, name="studio_publish"),
    re_path(rf"^studio/container/{USAGE_KEY}/add$", studio.add_block, name="studio_add_block"),
    re_path(rf"^studio/xblock/{USAGE_KEY}/edit$", studio.edit, name="studio_edit"),
    re_path(rf"^studio/xblock/{USAGE_KEY}/delete$", studio.delete, name="studio_delete"),
    re_path(rf"^studio/preview/xblock/{USAGE_KEY}/handler/{HANDLER}", studio.preview_handler, name="preview_handler"),
    re_path(rf"^studio/xblock/{USAGE_KEY}/handler/{HANDLER}", studio.component_handler, name="component_handler"),
    *get_plugin_url_patterns("lms.djangoapp"),
]
