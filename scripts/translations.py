"""Catalogues of translations. Needs GNU gettext (xgettext, msgmerge, msgfmt).

python scripts/translations.py extract   write conf/locale/en, and bring every other language up to date with it
python scripts/translations.py compile   write the .mo files that are read
python scripts/translations.py check     fail where a text is not in the English catalogue, or a .mo is older than its .po

Scripts of pages bring no texts of their own (they come with the page), so there is one domain, ``django``.
"""

from __future__ import annotations

import argparse
import ast
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "assessprep_xblock"
LOCALE = PACKAGE / "conf" / "locale"
#: Shipped beside English. Others come from openedx-translations by atlas.
LANGUAGES = ("ar", "es_419")


PLURALS = {
    "en": "nplurals=2; plural=(n != 1);",
    "es_419": "nplurals=2; plural=(n != 1);",
    "ar": "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);",
}
HEADER = """\
msgid ""
msgstr ""
"Project-Id-Version: assessprep-xblock\\n"
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plurals}\\n"
"""


def _begin(language: str) -> None:
    """A catalogue with nothing but its header, where there is none."""
    catalogue = LOCALE / language / "LC_MESSAGES" / "django.po"
    if not catalogue.exists():
        catalogue.parent.mkdir(parents=True, exist_ok=True)
        catalogue.write_text(HEADER.format(language=language, plurals=PLURALS[language]), encoding="utf-8")


def _extract(languages: tuple[str, ...]) -> None:
    """Run Django's own extraction over the package; it finds ``conf/locale`` there by itself."""
    import django
    from django.conf import settings

    if not settings.configured:
        settings.configure(INSTALLED_APPS=[])
        django.setup()
    from django.core.management.commands.makemessages import Command

    class Extract(Command):
        # N marks texts in modules that know no framework; they are translated where they are shown.
        xgettext_options = [*Command.xgettext_options, "--keyword=N"]

    before = Path.cwd()
    os.chdir(PACKAGE)
    reasons = PACKAGE / "refusal_reasons.py"
    reasons.write_text("".join(f"N({text!r})\n" for text in _reasons()), encoding="utf-8")
    try:
        Extract().run_from_argv(
            ["manage.py", "makemessages", "--no-wrap", "--no-obsolete", "--no-location", "--ignore", "migrations/*"]
            + [word for language in languages for word in ("--locale", language)]
        )
    finally:
        reasons.unlink()
        os.chdir(before)


def _reasons() -> list[str]:
    """Why something is refused: a text is marked by being the ``why`` of a Refusal, because the door translates it."""
    found = {
        given.value.value
        for path in sorted(PACKAGE.rglob("*.py"))
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "Refusal"
        for given in call.keywords
        if given.arg == "why" and isinstance(given.value, ast.Constant)
    }
    return sorted(found)


def _texts(catalogue: Path) -> set[str]:
    done = subprocess.run(
        ["msgattrib", "--no-wrap", "--no-location", str(catalogue)], capture_output=True, text=True, check=True
    )
    return {
        line
        for line in done.stdout.splitlines()
        if line.startswith(("msgid ", "msgid_plural ", '"')) and "POT-Creation" not in line
    }


def extract() -> None:
    """Everything marked in Python and templates, into every language's catalogue."""
    for language in ("en", *LANGUAGES):
        _begin(language)
    _extract(("en", *LANGUAGES))
    for catalogue in LOCALE.rglob("*.po"):
        # The moment of extraction would make every run a change.
        lines = catalogue.read_text(encoding="utf-8").splitlines(keepends=True)
        catalogue.write_text("".join(one for one in lines if not one.startswith('"POT-Creation-Date')), encoding="utf-8")


def compile_all() -> None:
    """A .mo beside every .po but English, which is what the texts already are."""
    for catalogue in sorted(LOCALE.rglob("*.po")):
        if catalogue.parts[-3] != "en":
            subprocess.run(["msgfmt", "--check", "-o", str(catalogue.with_suffix(".mo")), str(catalogue)], check=True)


def check() -> list[str]:
    """One sentence for each catalogue that is not as it ought to be."""
    found = []
    english = LOCALE / "en" / "LC_MESSAGES" / "django.po"
    kept = english.read_bytes()
    try:
        before = _texts(english)
        _extract(("en",))
        if _texts(english) - before:
            found.append("texts were added or changed: make extract_translations")
    finally:
        english.write_bytes(kept)
    for catalogue in sorted(LOCALE.rglob("*.po")):
        compiled = catalogue.with_suffix(".mo")
        if catalogue.parts[-3] != "en" and not compiled.exists():
            found.append(f"{catalogue.relative_to(ROOT)} is not compiled: make compile_translations")
    return found


def main() -> int:
    """Do what was asked."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("what", choices=["extract", "compile", "check"])
    asked = options.parse_args().what
    if asked == "check":
        found = check()
        for line in found:
            print(line, file=sys.stderr)
        return 1 if found else 0
    (extract if asked == "extract" else compile_all)()
    return 0


if __name__ == "__main__":
    sys.exit(main())
