"""What is read off the pages: questions and their inputs, the gradebook, the Grade view. HTML in, values out."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bs4 import BeautifulSoup, Tag

from .answers import Answer as Given
from .answers import Question
from .checks import Deviation


@dataclass(frozen=True)
class Asked:
    """One question on a unit's page: its ids, its words, and the inputs of its form by name, in order."""

    item: str
    usage_key: str
    keeps_drafts: bool
    text: str
    inputs: Mapping[str, Sequence[tuple[str, str]]]  # name -> (value, words beside it)


def questions_on(page: BeautifulSoup) -> list[Asked]:
    """The questions of a running test. The platform draws them from an attribute of the page."""
    found = []
    for node in page.select(".ap-question[data-item]"):
        holder = node.select_one("[data-content]")
        drawn = BeautifulSoup(str(holder["data-content"]), "html.parser") if holder else node
        block = node.select_one("[data-usage-id]")
        found.append(
            Asked(
                item=str(node["data-item"]),
                usage_key=str(block["data-usage-id"]) if block else "",
                keeps_drafts=node.get("data-drafts") == "true",
                text=" ".join(drawn.get_text(" ").split()),
                inputs=_inputs(drawn),
            )
        )
    return found


def _inputs(drawn: BeautifulSoup | Tag) -> dict[str, list[tuple[str, str]]]:
    words = {str(one.get("for")): " ".join(one.get_text(" ").split()) for one in drawn.select("label[for]")}
    found: dict[str, list[tuple[str, str]]] = {}
    for one in drawn.select("input[name^=input_], select[name^=input_], textarea[name^=input_]"):
        choices = found.setdefault(str(one["name"]), [])
        if one.name == "select":
            choices += [(str(option.get("value", "")), option.get_text(strip=True)) for option in one.select("option")]
        else:
            choices.append((str(one.get("value", "")), words.get(str(one.get("id")), "")))
    return found


def filled_in(question: Question, given: Given, asked: Asked) -> dict[str, str | list[str]]:
    """What the question's form posts when these answers are typed and ticked."""
    if len(asked.inputs) != len(question.parts):
        raise Deviation(
            f"inputs of {question.title}: expected {len(question.parts)}, saw {', '.join(asked.inputs) or 'none'}"
        )
    posted: dict[str, str | list[str]] = {}
    for (name, choices), part, answer in zip(asked.inputs.items(), question.parts, given, strict=True):
        if answer is None:
            if part.kind in ("number", "text"):
                posted[name] = ""
        elif part.kind in ("number", "text"):
            posted[name] = str(answer)
        elif part.kind == "checkboxes":
            posted[name] = [_value(question, choices, one) for one in part.options if one in answer]  # type: ignore[operator]
        else:
            posted[name] = _value(question, choices, str(answer))
    return posted


def _value(question: Question, choices: Sequence[tuple[str, str]], words: str) -> str:
    found = [value for value, beside in choices if beside == words]
    if len(found) != 1:
        seen = ", ".join(beside for _value, beside in choices)
        raise Deviation(f"choices of {question.title}: expected “{words}” once, saw {seen or 'none'}")
    return found[0]


def texts_seen(page: str, questions: Sequence[Question]) -> list[str]:
    """Which of the questions' texts stand in a page's source, escaped or not."""
    plain = " ".join(html.unescape(html.unescape(page)).split())
    return [text for question in questions for text in question.texts if text in plain]


# -- the gradebook and the Grade view ---------------------------------------------------------------------------------
@dataclass(frozen=True)
class GradebookRow:
    """One learner of the gradebook: points by question's block id ("" where there is none) and in all, to the last digit."""

    points: Mapping[str, str]
    total: str


def gradebook_of(page: BeautifulSoup) -> tuple[list[tuple[str, str]], dict[str, GradebookRow]]:
    """Columns (block id, heading) and rows by user name."""
    table = page.select_one("table#gradebook")
    if table is None:
        raise Deviation("the gradebook page: expected a gradebook, saw none")
    columns = [(str(one["data-block-id"]), one.get_text(" ", strip=True)) for one in table.select("th[data-block-id]")]
    rows = {}
    for row in table.select("tr[data-username]"):
        cells = {str(cell["data-block-id"]): str(cell["data-earned"]) for cell in row.select("td[data-block-id]")}
        whole = row.select_one("td.total")
        rows[str(row["data-username"])] = GradebookRow(cells, str(whole["data-earned"]) if whole else "")
    return columns, rows


def grade_rows(page: BeautifulSoup) -> dict[str, dict[str, str]]:
    """The Grade view's rows by user name: each cell's words by its column's, and the points as ``earned``, ``possible``."""
    rows = {}
    for row in page.select("tr[data-learner]"):
        cells = {str(cell["data-label"]): cell.get_text(" ", strip=True) for cell in row.select("td[data-label]")}
        score = row.select_one("[data-earned]")
        cells |= {"earned": str(score["data-earned"]), "possible": str(score["data-possible"])} if score else {}
        rows[str(row["data-learner"])] = cells
    return rows


def events_of(page: BeautifulSoup) -> list[dict[str, str]]:
    """The rows of the tracking log."""
    names = ("time", "name", "who", "data")
    rows = [[cell.get_text(strip=True) for cell in row.select("td")] for row in page.select("table tbody tr")]
    return [dict(zip(names, row, strict=True)) for row in rows if len(row) == len(names)]


def main_of(page: BeautifulSoup) -> Tag:
    """What a staff page is about, without the frame round it."""
    found = page.select_one("#assessprep-content")
    if found is None:
        raise Deviation("a staff page: expected the product's content in it, saw none")
    return found
