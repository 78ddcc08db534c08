"""The page for course staff: its pictures are there and named, small enough, and its words are those of the screens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/course-staff.md"
IMAGES = ROOT / "docs/images"
TEXT = PAGE.read_text(encoding="utf-8")


def test_every_picture_named_is_there_and_every_picture_there_is_named_and_described():
    named = re.findall(r"!\[([^\]]*)\]\(images/([\w-]+\.png)\)", TEXT)
    assert sorted(name for _words, name in named) == sorted(path.name for path in IMAGES.iterdir())
    assert all(words.strip() for words, _name in named)


def test_every_picture_is_one_that_the_script_takes():
    script = (ROOT / "scripts/course_staff_pictures.py").read_text(encoding="utf-8")
    assert set(re.findall(r'\.take\("([\w-]+)"', script)) == {path.stem for path in IMAGES.iterdir()}


@pytest.mark.parametrize("picture", sorted(IMAGES.iterdir()), ids=lambda path: path.name)
def test_a_picture_is_small_enough_for_a_telephone(picture):
    head = picture.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(head[16:20], "big") <= 1000, "wider than a page"
    assert picture.stat().st_size <= 120 * 1024


def test_what_the_page_tells_to_press_is_on_a_screen():
    package = ROOT / "assessprep_xblock"
    screens = "".join(
        path.read_text(encoding="utf-8")
        for suffix in ("*.html", "*.py")
        for folder in ("templates", "web", "domain/library", "block.py")
        for path in ((package / folder).rglob(suffix) if (package / folder).is_dir() else [package / folder])
    )
    told = re.findall(r"(?:[Pp]ress|[Oo]pen|[Tt]ick) \*\*([^*]+)\*\*", TEXT)
    pressed = {*told, *re.findall(r"^\* \*\*([^*]+)\*\*", TEXT, re.M)}
    asked = pressed - {"Name", "Delivery settings"}
    assert len(asked) > 10
    assert [words for words in sorted(asked) if words not in screens] == []


def test_the_page_is_found_from_the_front_page_and_from_the_map():
    for name in ("README.rst", "docs/map.md"):
        assert "course-staff.md" in (ROOT / name).read_text(encoding="utf-8"), name
    for target in re.findall(r"\]\((?!http|#|images/)([^)#]+)", TEXT):
        assert (PAGE.parent / target).exists(), target
