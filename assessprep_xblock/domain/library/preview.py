"""A version's questions as a student would read them, out of what was frozen: nothing is rendered, started or stored.

The platform's own preview gives whoever looks a learner's state, and shows staff the answers. This one shows the words, the
choices and where something is typed. Answers, hints and solutions are never read from the question in the first place.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml import etree, html

from . import written
from .models import AssessmentVersion, VersionItem, VersionText

#: Parts of a question that tell its answer, or are for machines.
SILENT = frozenset(
    {
        *("solution", "solutionset", "demandhint", "hint", "hintgroup", "choicehint", "optionhint", "correcthint"),
        *("stringequalhint", "additional_answer", "numericalhint", "compoundhint", "hintpart", "answer", "script", "style"),
        *("responseparam", "openended", "rubric", "shortdescription"),
    }
)
CHOICES = {"choicegroup": False, "radiogroup": False, "checkboxgroup": True}
TYPED = frozenset({"textline", "formulaequationinput", "codeinput", "matlabinput", "input"})
#: Elements that begin and end a line of their own.
LINES = frozenset(
    {
        *(
            "p",
            "div",
            "li",
            "ul",
            "ol",
            "tr",
            "table",
            "section",
            "label",
            "description",
            "blockquote",
            "pre",
            "legend",
            "br",
        ),
        *("h1", "h2", "h3", "h4", "h5", "h6", "figure", "figcaption", "dt", "dd", "legend", "problem", "html"),
    }
)
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})


@dataclass(frozen=True)
class Piece:
    """One thing on the page. ``kind``: ``text``, ``heading``, ``item`` (of a list), ``choices``, ``several`` (choices of
    which any number), ``dropdown``, ``input``, ``area``, ``image`` (``text`` is its description) or ``other``."""

    kind: str
    text: str = ""
    options: tuple[str, ...] = ()


@dataclass
class Previewed:
    """One question or text of a version. ``number`` is None for a text; ``complete`` False where it has parts that cannot
    be shown like this."""

    number: int | None
    title: str
    block_type: str
    points: float | None
    standards: list[str] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    complete: bool = True


def preview(version: AssessmentVersion) -> list[Previewed]:
    """Questions and texts in the order of the page. Two queries."""
    rows: list[VersionItem | VersionText] = [*version.items.all(), *version.texts.all()]
    found, number = [], 0
    for row in sorted(rows, key=lambda row: row.position):
        shown = pieces(row.olx)
        if isinstance(row, VersionItem):
            number += 1
            one = Previewed(number, row.title, row.block_type, row.max_points, list(row.standards), shown)
        else:
            one = Previewed(None, row.title, row.block_type, None, [], shown)
        one.complete = bool(shown) and all(piece.kind != "other" for piece in shown)
        found.append(one)
    return found


def pieces(olx: str) -> list[Piece]:
    """What a block shows, in order. Nothing for a block whose OLX says nothing to a reader."""
    try:
        root = etree.fromstring(olx.encode(), etree.XMLParser(remove_comments=True, resolve_entities=False, recover=True))
    except etree.XMLSyntaxError:
        return []
    if root is None:
        return []
    if root.tag == written.BLOCK_TYPE:
        lines = written.prompt_of(olx).splitlines()
        return [*(Piece("text", line.strip()) for line in lines if line.strip()), Piece("area")]
    if root.tag == "html":
        inner = (root.text or "") + "".join(etree.tostring(child, encoding="unicode") for child in root)
        root = html.fragment_fromstring(inner or " ", create_parent="div")
    elif root.tag != "problem":
        return []
    return _Reader().read(root)


class _Reader:
    """Goes through a question once, from top to bottom, and keeps a line until something ends it."""

    def __init__(self) -> None:
        self.found: list[Piece] = []
        self.line = ""
        self.kind = "text"

    def read(self, root: Any) -> list[Piece]:
        self._walk(root)
        self._end()
        return self.found

    def _end(self) -> None:
        text = " ".join(self.line.split())
        if text:
            self.found.append(Piece(self.kind, text))
        self.line = ""

    def _put(self, piece: Piece) -> None:
        self._end()
        self.found.append(piece)

    def _walk(self, node: Any) -> None:
        tag = node.tag if isinstance(node.tag, str) else ""
        if not tag or tag in SILENT:
            return
        special = self._special(node, tag)
        if special is not None:
            self._put(special)
            return
        ends = tag in LINES
        before = self.kind
        if ends:
            self._end()
            self.kind = "heading" if tag in HEADINGS else "item" if tag == "li" else "text" if tag != "p" else before
        self.line += node.text or ""
        for child in node:
            self._walk(child)
            self.line += child.tail or ""
        if ends:
            self._end()
            self.kind = before

    @staticmethod
    def _special(node: Any, tag: str) -> Piece | None:
        if tag in CHOICES:
            return Piece("several" if CHOICES[tag] else "choices", node.get("label", ""), tuple(_options(node, "choice")))
        if tag == "optioninput":
            return Piece("dropdown", node.get("label", ""), tuple(_options(node, "option") or _old_options(node)))
        if tag in TYPED:
            return Piece("input", node.get("label", ""))
        if tag == "textarea":
            return Piece("area", node.get("label", ""))
        if tag == "img":
            return Piece("image", node.get("alt", ""))
        # Any other input of the platform's: drag and drop in a picture, a molecule, a circuit.
        return Piece("other") if tag.endswith("input") or tag in ("iframe", "video", "audio", "object", "canvas") else None


def _options(node: Any, tag: str) -> list[str]:
    return [_said(one) for one in node.iter(tag)]


def _said(node: Any) -> str:
    """The words of a choice, without the hint that may stand in it."""

    def words(one: Any) -> Iterator[str]:
        if not isinstance(one.tag, str) or one.tag in SILENT:
            return
        if one.tag == "img":
            yield one.get("alt", "")
        yield one.text or ""
        for child in one:
            yield from words(child)
            yield child.tail or ""

    return " ".join("".join(words(node)).split())


def _old_options(node: Any) -> list[str]:
    """``options="('red','green')"``, the older way to write them."""
    try:
        read = ast.literal_eval(node.get("options", "()"))
    except (ValueError, SyntaxError):
        return [one.strip(" '\"") for one in re.split(r",", node.get("options", "").strip("()")) if one.strip(" '\"")]
    return [str(one) for one in (read if isinstance(read, tuple | list) else (read,))]
