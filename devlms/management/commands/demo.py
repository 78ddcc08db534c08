"""``manage.py demo``: the demo district, ready to click through."""

from __future__ import annotations

import argparse
import socket
import time
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from devlms.demo import open_evening

HOST = "127.0.0.1"


def _port(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is not a port number (1 to 65535)")
    return int(text)


class Command(BaseCommand):
    """Migrate, seed where the database is empty, say who can sign in where, serve."""

    help = "Serve the demo district on 127.0.0.1. The second run starts in seconds: what is seeded already stays."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """``--port`` and ``--no-serve``."""
        parser.add_argument("--port", type=_port, default=8000)
        parser.add_argument("--no-serve", action="store_true", help="prepare and print only")

    def handle(self, *args: Any, port: int, no_serve: bool, **options: Any) -> None:
        """Do it, the cheap refusal first."""
        if not no_serve:
            self._refuse_a_port_in_use(port)
        began = time.monotonic()
        call_command("migrate", verbosity=0, interactive=False)
        self._refuse_a_database_of_other_code()
        # Says who is who, too.
        call_command("seed_demo", stdout=self.stdout)
        self._open_evening()
        self.stdout.write(f"Ready after {time.monotonic() - began:.0f} s.\n")
        self._say_where_to_sign_in(port)
        if not no_serve:
            # No reloader: one process, one start; Ctrl-C ends it.
            call_command("runserver", f"{HOST}:{port}", use_reloader=False, skip_checks=True)

    @staticmethod
    def _refuse_a_database_of_other_code() -> None:
        """Until the first release the first migration is made anew, and a database that has it gets nothing of it."""
        there = set(connection.introspection.table_names())
        for model in apps.get_models():
            meta = model._meta
            if not meta.managed or meta.proxy:
                continue
            columns: set[str] = set()
            if meta.db_table in there:
                with connection.cursor() as cursor:
                    columns = {one.name for one in connection.introspection.get_table_description(cursor, meta.db_table)}
            if missing := {field.column for field in meta.local_concrete_fields} - columns:
                name = connection.settings_dict["NAME"]
                mend = f"rm {name}*" if connection.vendor == "sqlite" else f"drop and create the database {name}"
                raise CommandError(
                    f"The demo's database is of other code than this: {meta.db_table} has no {', '.join(sorted(missing))}. "
                    f"It holds nothing but the demo. Delete it, and start the demo again: {mend}"
                )

    def _open_evening(self) -> None:
        """Let people without an account into one run, by the setting that an operator makes. Tests begin without."""
        settings.ASSESSPREP_GUEST_RUNS = [open_evening.RUN]
        session = open_evening.seed()
        run, (host, _name) = open_evening.RUN, open_evening.HOST
        self.stdout.write(f"  {host:<25} staff of a run for guests, lets them in: /assessprep/courses/{run}/")
        self.stdout.write(
            f"  (nobody signed in)        guests, by a name and the code {session.live_code}: {open_evening.DOOR}"
        )

    @staticmethod
    def _refuse_a_port_in_use(port: int) -> None:
        with socket.socket() as probe:
            # As the server does: a port that is merely cooling down is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError as error:
                raise CommandError(
                    f"Port {port} of {HOST} cannot be used ({error.strerror}). "
                    f"Stop what runs there, or choose another one: make demo PORT={port % 65535 + 1}"
                ) from None

    def _say_where_to_sign_in(self, port: int) -> None:
        site = f"http://{HOST}:{port}"
        self.stdout.write(f"\nSign in at {site}{settings.LOGIN_URL} as any of them; password: {settings.DEMO_PASSWORD}")
        self.stdout.write(f"Addresses above continue {site} ; {site}/ leads to everybody's courses. Ctrl-C stops it.\n")
        self.stdout.flush()
