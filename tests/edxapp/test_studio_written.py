"""A written response in Studio on a real edx-platform: its editor, and a copy that is what its author published."""

from __future__ import annotations

import pytest

from tests.edxapp import only_in

only_in("cms")

import json

from django.urls import reverse
from openedx.core.lib.url_utils import quote_slashes
from xmodule.modulestore import ModuleStoreEnum
from xmodule.modulestore.django import modulestore

from assessprep_xblock.domain.library.drift import drift_of
from assessprep_xblock.lms import get_lms
from tests.lms import edxapp_world as edx

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def source(district):
    """The essay in the bank, as its author edits it."""
    store = modulestore()
    with store.branch_setting(ModuleStoreEnum.Branch.draft_preferred, district.bank):
        return store.get_item(district.placement.version.assessment.usage_key).get_children()[3]


def save(district, user, **values):
    """Save in the block's editor, as its own script does."""
    named = {"usage_key_string": quote_slashes(str(source(district).location)), "handler": "submit_studio_edits"}
    body = json.dumps({"values": values, "defaults": []})
    return edx.signed_in(user).post(reverse("component_handler", kwargs=named), body, content_type="application/json")


def test_an_author_writes_an_essay_with_a_rubric_in_studio_s_editor_and_nobody_else_does(writing):
    district, key = writing, source(writing).location
    url = reverse("xblock_view_handler", kwargs={"usage_key_string": quote_slashes(str(key)), "view_name": "studio_view"})
    editor = edx.signed_in(district.author).get(url, HTTP_ACCEPT="application/json")
    assert editor.status_code == 200, editor.content
    # The names of fields speak the site's language; what they are called does not.
    assert 'data-field-name="rubric"' in editor.json()["html"]
    assert "Why do things fall?" in editor.json()["html"]
    assert save(district, district.author, rubric="3 | Claim").status_code == 200
    assert source(district).max_score() == 3.0
    assert "rubric" in str(save(district, district.author, rubric="no points here").content).lower()
    for other in (edx.make_learner(district.bank, "ada"), district.staff):
        assert save(district, other, rubric="100 | Mine").status_code == 403
    assert source(district).rubric == "3 | Claim"


def test_a_copied_essay_is_what_its_author_published_until_the_school_changes_it(writing):
    district, key = writing, writing.keys()[3]
    assert drift_of(district.placement) == []
    assert get_lms().snapshot(district.block).questions[3].max_points == 6.0
    store = modulestore()
    with store.branch_setting(ModuleStoreEnum.Branch.draft_preferred, district.school):
        copy = store.get_item(key)
        assert (copy.prompt, copy.max_score()) == ("Why do things fall?", 6.0)
        copy.rubric = "4 | Argument | Anything\n2 | Language"
        store.update_item(copy, district.staff.pk)
        store.publish(store.get_item(district.block).parent, district.staff.pk)
    assert [(one.question, one.what) for one in drift_of(district.placement)] == [("Falling", "content")]
