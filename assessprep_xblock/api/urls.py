"""Addresses of REST v1."""
urlpatterns: list = []
