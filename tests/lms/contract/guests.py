"""People without an account of their own."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction
from opaque_keys.edx.keys import CourseKey

from assessprep_xblock.lms.base import LmsError

from .world import World


class GuestsContract:
    """Throw-away accounts, for people who come without one. They come through the LMS."""

    def test_a_guest_has_an_account_for_one_run_and_nothing_else(self, lms_world: World) -> None:
        w, lms = lms_world, lms_world.lms
        guest_id = lms.make_guest(w.school, name="Ann <b>Guest</b>", domain="guests.invalid")
        account = get_user_model().objects.get(pk=guest_id)
        assert not account.has_usable_password()
        assert account.email.endswith("@guests.invalid")
        assert not (account.is_staff or account.is_superuser or lms.is_course_staff(guest_id, w.school))
        assert lms.people([guest_id])[guest_id].full_name == "Ann <b>Guest</b>"
        assert [run.key for run in lms.learner_course_runs(guest_id)] == [w.school]
        assert lms.membership(guest_id, w.school).enrolled
        assert lms.membership(guest_id, w.school).classes == ()
        other = get_user_model().objects.get(pk=lms.make_guest(w.school, name="Ann", domain="guests.invalid"))
        assert len({account.username, other.username, account.email, other.email, "Ann"}) == 5

    def test_a_guest_is_undone_with_the_transaction_it_was_made_in(self, lms_world: World) -> None:
        before = set(get_user_model().objects.values_list("pk", flat=True))
        with pytest.raises(LookupError), transaction.atomic():
            guest_id = lms_world.lms.make_guest(lms_world.school, name="Ann", domain="guests.invalid")
            raise LookupError
        assert set(get_user_model().objects.values_list("pk", flat=True)) == before
        assert guest_id not in lms_world.lms.learners(lms_world.school, everyone=True)
        with pytest.raises(LmsError):
            lms_world.lms.make_guest(CourseKey.from_string("course-v1:No+Such+Run"), name="Ann", domain="guests.invalid")

    def test_a_retired_guest_has_no_name_and_no_way_in(self, lms_world: World) -> None:
        w, lms = lms_world, lms_world.lms
        guest_id = lms.make_guest(w.school, name="Ann Guest", domain="guests.invalid")
        cookie_of = get_user_model().objects.get(pk=guest_id).get_session_auth_hash()
        for _again in range(2):
            lms.retire_guest(guest_id)
        account = get_user_model().objects.get(pk=guest_id)
        assert not account.is_active
        assert account.get_session_auth_hash() != cookie_of
        assert "Ann" not in lms.people([guest_id])[guest_id].full_name
        assert not lms.is_enrolled(guest_id, w.school)
        assert guest_id not in lms.learners(w.school, everyone=True)
        lms.retire_guest(10**9)

    def test_a_guest_can_be_signed_out_of_every_browser(self, lms_world: World) -> None:
        lms = lms_world.lms
        guest_id = lms.make_guest(lms_world.school, name="Ann", domain="guests.invalid")
        cookie_of = get_user_model().objects.get(pk=guest_id).get_session_auth_hash()
        lms.expect_sign_in(guest_id)
        lms.sign_out_guest(guest_id)
        assert get_user_model().objects.get(pk=guest_id).get_session_auth_hash() != cookie_of
        assert lms.is_enrolled(guest_id, lms_world.school)

    def test_nobody_but_a_guest_is_signed_out_or_retired_as_one(self, lms_world: World) -> None:
        for user_id in (lms_world.ada_id, lms_world.staff_id):
            before = get_user_model().objects.filter(pk=user_id).values().get()
            for deed in (lms_world.lms.retire_guest, lms_world.lms.sign_out_guest):
                with pytest.raises(LmsError):
                    deed(user_id)
            assert get_user_model().objects.filter(pk=user_id).values().get() == before
