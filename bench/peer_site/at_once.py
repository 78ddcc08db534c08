"""Threads that are let go together. No more than Django is needed, so that both sides of a comparison race the same way."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any


def at_once(deeds: list[Callable[[], Any]], *, refusal: type[Exception]) -> list[bool]:
    """Do them at the same moment, each on a connection of its own; which of them ended without this refusal."""
    from django.db import connection

    ready, said = threading.Barrier(len(deeds)), [False] * len(deeds)

    def do(place: int) -> None:
        try:
            connection.ensure_connection()
            ready.wait(30)
            deeds[place]()
            said[place] = True
        except refusal:
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=do, args=(place,)) for place in range(len(deeds))]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return said
