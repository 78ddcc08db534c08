"""The database through an upgrade and back: what the migrations may do, and what the doctor says where they have not run."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from assessprep_xblock.management.commands.assessprep_doctor import check_tables, examine

ROOT = Path(__file__).resolve().parent.parent
MIGRATIONS = sorted((ROOT / "assessprep_xblock/migrations").glob("0*.py"))
#: What the version before still reads or writes is never taken away from it in the same step.
TAKING_AWAY = {"RemoveField", "DeleteModel", "RenameField", "RenameModel", "AlterModelTable"}


def test_a_column_that_is_not_there_is_told_by_the_doctor(transactional_db):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE assessprep_claim RENAME COLUMN at TO gone")
    try:
        state, words = check_tables()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE assessprep_claim RENAME COLUMN gone TO at")
    assert (state, "assessprep_claim.at" in words) == ("error", True)


def test_what_missing_columns_keep_from_being_looked_at_is_said_once_as_the_fault_of_the_tables(transactional_db):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE assessprep_placement RENAME COLUMN state TO gone")
    try:
        found = {one.check: one for one in examine()}
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE assessprep_placement RENAME COLUMN gone TO state")
    assert (found["tables"].state, "assessprep_placement.state" in found["tables"].words) == ("error", True)
    assert (found["placements"].state, found["placements"].words[:14]) == ("warning", "Not looked at:")
    assert [one.check for one in found.values() if one.state == "error"] == ["tables"]


def test_a_newer_version_s_column_is_no_trouble_unless_it_cannot_be_left_out(transactional_db):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE assessprep_claim ADD COLUMN later varchar(10) NULL")
    try:
        assert check_tables()[0] == "ok"
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE assessprep_claim DROP COLUMN later")


def breaks_the_version_before(source: str) -> list[str]:
    """Operations after which the version before could no longer run on these tables."""
    found = []
    for call in (one for one in ast.walk(ast.parse(source)) if isinstance(one, ast.Call)):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        if name in TAKING_AWAY:
            found.append(name)
        if name == "AddField":
            field = given.get("field")
            options = {keyword.arg: keyword.value for keyword in field.keywords} if isinstance(field, ast.Call) else {}
            null = options.get("null")
            if not (isinstance(null, ast.Constant) and null.value is True) and "db_default" not in options:
                found.append("AddField that cannot be left out")
    return found


def test_no_migration_after_the_first_takes_the_ground_from_under_the_version_before():
    assert {path.name: breaks_the_version_before(path.read_text()) for path in MIGRATIONS[1:]} == {
        path.name: [] for path in MIGRATIONS[1:]
    }


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("migrations.AddField('a', 'b', field=models.CharField(max_length=9, default=''))", True),
        ("migrations.AddField(model_name='a', name='b', field=models.CharField(null=True))", False),
        ("migrations.AddField(model_name='a', name='b', field=models.BooleanField(default=False))", True),
        ("migrations.AddField(model_name='a', name='b', field=models.BooleanField(db_default=False))", False),
        ("migrations.RemoveField(model_name='a', name='b')", True),
        ("migrations.CreateModel(name='a', fields=[])", False),
    ],
)
def test_what_would_break_the_version_before_is_found(source, found):
    assert bool(breaks_the_version_before(source)) is found


def test_every_migration_can_be_undone():
    for (app, _name), migration in MigrationLoader(None).disk_migrations.items():
        if app == "assessprep":
            assert all(operation.reversible for operation in migration.operations), migration
