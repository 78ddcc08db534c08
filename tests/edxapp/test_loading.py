"""What a real platform makes of the installed plugin: in the LMS's process and in Studio's."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

if find_spec("xmodule") is None:
    pytest.skip("needs a real edx-platform: make test-edxapp", allow_module_level=True)

from types import SimpleNamespace

from django.apps import apps
from django.conf import settings
from django.urls import reverse
from xblock.core import XBlock

from assessprep_xblock.gate import GateMixin
from assessprep_xblock.settings import cms as cms_settings
from assessprep_xblock.settings import lms as lms_settings
from assessprep_xblock.settings.locale import LOCALE
from tests.lms import edxapp_world as edx

IN_STUDIO = str(settings.ROOT_URLCONF).startswith("cms.")
in_the_lms = pytest.mark.skipif(IN_STUDIO, reason="of the LMS")
in_studio = pytest.mark.skipif(not IN_STUDIO, reason="of Studio")


@pytest.fixture
def a_question(db):
    with edx.isolated():
        run = edx.make_run("course-v1:Northside+SCI7+2026", "Science 7")
        block = edx.modulestore().get_item(edx.make_assessment(run))
        yield block.get_children()[0]


def named(mixins) -> list[str]:
    return [one if isinstance(one, str) else f"{one.__module__}.{one.__qualname__}" for one in mixins]


def test_the_app_its_block_its_addresses_and_its_tab_are_found():
    from openedx.core.lib.course_tabs import CourseTabPluginManager

    from assessprep_xblock.block import AssessPrepXBlock

    assert apps.get_app_config("assessprep").name == "assessprep_xblock"
    assert XBlock.load_class("assessprep") is AssessPrepXBlock
    assert reverse("assessprep:library") == "/assessprep/library/"
    assert "assessprep" in [tab.type for tab in CourseTabPluginManager.get_tab_types()]


def test_our_catalogues_are_the_last_in_the_line():
    assert str(settings.LOCALE_PATHS[-1]) == str(LOCALE)


@in_the_lms
def test_the_lms_has_its_half_of_the_gate_once():
    assert named(settings.XBLOCK_MIXINS).count(lms_settings.GATE_MIXIN) == 1
    assert settings.MIDDLEWARE.count(lms_settings.GATE_MIDDLEWARE) == 1
    assert settings.FIELD_OVERRIDE_PROVIDERS.count(lms_settings.LIFTED_LIMITS) == 1
    assert cms_settings.STUDIO_GATE_MIDDLEWARE not in settings.MIDDLEWARE


@in_the_lms
def test_the_gate_is_asked_before_any_block(a_question):
    handle = next(one for one in type(a_question).__mro__ if "handle" in vars(one))
    assert handle is GateMixin


@in_studio
def test_studio_has_its_half_of_the_gate_and_not_the_lms_s():
    assert settings.MIDDLEWARE.count(cms_settings.STUDIO_GATE_MIDDLEWARE) == 1
    assert lms_settings.GATE_MIXIN not in named(settings.XBLOCK_MIXINS)
    assert lms_settings.GATE_MIDDLEWARE not in settings.MIDDLEWARE


@in_studio
def test_no_block_of_studio_s_asks_the_lms_s_gate(a_question):
    assert GateMixin not in type(a_question).__mro__


@pytest.mark.parametrize("plugin_settings", [lms_settings.plugin_settings, cms_settings.plugin_settings])
def test_settings_that_run_twice_add_nothing_twice_and_change_nothing_in_place(plugin_settings):
    mixins, middleware, providers = (object,), ["a.Middleware"], ["a.Provider"]
    given = SimpleNamespace(XBLOCK_MIXINS=mixins, MIDDLEWARE=middleware, FIELD_OVERRIDE_PROVIDERS=providers)
    given.INSTALLED_APPS = []
    plugin_settings(given)
    once = dict(vars(given))
    plugin_settings(given)
    assert vars(given) == once
    assert (mixins, middleware, providers) == ((object,), ["a.Middleware"], ["a.Provider"])
