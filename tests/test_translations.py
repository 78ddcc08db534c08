"""Texts that people read are marked for translation, and the catalogues that ship can be read."""

from __future__ import annotations

import ast
import gettext
import re
import shutil
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from assessprep_xblock.domain.shared.refusals import Refusal
from assessprep_xblock.domain.shared.sentences import sentence
from scripts import translations

PACKAGE = Path(__file__).resolve().parent.parent / "assessprep_xblock"
TEMPLATES = sorted(
    path
    for path in (PACKAGE / "templates").rglob("*.html")
    if not path.read_text(encoding="utf-8").startswith("##")  # Mako
)
SCRIPTS = sorted(path for path in (PACKAGE / "static").rglob("*.js") if "vendor" not in path.parts)
MARKED = re.compile(r"{%\s*(blocktranslate|blocktrans)\b.*?{%\s*end\1\s*%}", re.S)
COMMENT = re.compile(r"{%\s*comment.*?endcomment\s*%}|{#.*?#}|<!--.*?-->|<(script|style)\b.*?</\1>", re.S)
TAG = re.compile(r"{%.*?%}|{{.*?}}", re.S)
SPOKEN = re.compile(r"""\b(?:aria-label|title|placeholder|alt)="([^"{]*[A-Za-z]{2}[^"{]*)["{]""")
#: Words that are the same in every language.
NAMES = {"CSV", "XLSX", "QR", "UTC", "px"}


def name_of(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def unmarked_in_template(text: str) -> list[str]:
    """Texts between tags, and in attributes that are read aloud, that no translation is asked for."""
    bare = TAG.sub("", MARKED.sub("", COMMENT.sub("", text)))
    spoken = SPOKEN.findall(bare)
    between = re.sub(r"<[^>]*>", "\n", bare)
    words = [line.strip() for line in between.splitlines()]
    found = [line for line in words if re.search(r"[A-Za-z]{2}", re.sub(r"&\w+;", "", line))]
    return [one for one in (*found, *spoken) if one.strip() not in NAMES]


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_a_template_says_nothing_that_is_not_marked(path):
    assert unmarked_in_template(path.read_text(encoding="utf-8")) == []


def test_an_unmarked_text_in_a_template_is_found():
    assert unmarked_in_template("<p>{% translate 'Yes' %} Hello <b>there</b></p>") == ["Hello", "there"]
    assert unmarked_in_template('<button aria-label="Close it">×</button>') == ["Close it"]
    assert unmarked_in_template("<p>{% blocktranslate %}Hello{% endblocktranslate %}</p>{# why #}") == []


def sentences_in_script(text: str) -> list[str]:
    """Literals of a script that read like a sentence: a capital letter, a space, a small letter."""
    code = re.sub(r"/\*.*?\*/|(?<![:\"'])//[^\n]*", "", text, flags=re.S)
    literals = re.findall(r"""(["'`])((?:\\.|(?!\1).)*)\1""", code)
    return [text for _quote, text in literals if re.match(r"^[A-Z][a-z]+ [a-z]", text)]


@pytest.mark.parametrize("path", SCRIPTS, ids=name_of)
def test_a_script_brings_no_sentence_of_its_own(path):
    assert sentences_in_script(path.read_text(encoding="utf-8")) == []


def test_a_sentence_in_a_script_is_found():
    assert sentences_in_script('x.textContent = "Something went wrong";') == ["Something went wrong"]


def test_why_something_is_refused_is_a_text_that_can_be_translated_and_filled_in_afterwards():
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "Refusal":
                found += [
                    f"{name_of(path)}:{call.lineno}"
                    for given in call.keywords
                    if given.arg == "why" and isinstance(given.value, ast.JoinedStr)
                ]
    assert found == []


@pytest.mark.parametrize("language", translations.LANGUAGES)
def test_a_language_that_ships_is_compiled_and_found(language):
    folder = translations.LOCALE / language / "LC_MESSAGES"
    with (folder / "django.mo").open("rb") as compiled:
        gettext.GNUTranslations(compiled)
    assert str(translations.LOCALE) in map(str, settings.LOCALE_PATHS)
    with translation.override(language.replace("_", "-")):
        assert translation.gettext("Submit")


def test_every_marked_text_can_be_extracted():
    """The English catalogue may be older than the sources; ``make check_translations`` is for a release."""
    if not shutil.which("xgettext"):
        pytest.skip("GNU gettext is not installed")
    catalogue = (translations.LOCALE / "en/LC_MESSAGES/django.po").read_text(encoding="utf-8")
    assert 'msgid "it closes before it opens"' in catalogue, "N() is a mark too"
    assert "Verify Session Code" in catalogue
    assert 'msgid "it has to be a whole number from 1 to {most}"' in catalogue, "so is being why something is refused"


def test_a_reason_is_filled_in_after_it_was_translated():
    told = Refusal("invalid", field="page", why="it has to be a whole number from 1 to {most}", most=9)
    assert sentence(told) == "“page” cannot be used: it has to be a whole number from 1 to 9"
    odd = Refusal("invalid", field="networks", why="{part} is no network address such as 192.0.2.0/24", part="{x}")
    assert sentence(odd) == "“networks” cannot be used: {x} is no network address such as 192.0.2.0/24"
