"""Addresses below ``/assessprep/``: REST v1 and the staff pages."""

from django.urls import include, path

app_name = "assessprep"

urlpatterns = [
    path("api/v1/", include("assessprep_xblock.api.urls")),
    path("", include("assessprep_xblock.web.urls")),
]
