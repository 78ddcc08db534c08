"""What the LMS gives edx-proctoring at start-up, as little as it goes without errors: each answers at once."""

from typing import Any

from django.apps import AppConfig


class _Credit:
    """Nobody asks for credit here; an answer is what costs least."""

    def get_credit_state(self, *_: Any, **__: Any) -> dict[str, Any]:
        return {
            "course_name": "Science",
            "enrollment_mode": "verified",
            "profile_fullname": "Somebody",
            "student_email": "somebody@example.com",
            "credit_requirement_status": [],
        }

    def set_credit_requirement_status(self, *_: Any, **__: Any) -> None:
        pass

    def remove_credit_requirement_status(self, *_: Any, **__: Any) -> None:
        pass


class _Instructor:
    """Who is staff here is staff by account."""

    def is_course_staff(self, user: Any, _course_id: Any) -> bool:
        return bool(user.is_staff)

    def complete_student_attempt(self, *_: Any) -> None:
        pass

    def delete_student_attempt(self, *_: Any, **__: Any) -> bool:
        return True


class PeerConfig(AppConfig):
    """The platform around edx-proctoring."""

    name = "peer_site"

    def ready(self) -> None:
        """Give it the two services that it asks for on the ways that are measured."""
        from edx_proctoring.runtime import set_runtime_service

        set_runtime_service("credit", _Credit())
        set_runtime_service("instructor", _Instructor())
