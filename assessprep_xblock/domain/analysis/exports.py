"""The analysis as tables for a spreadsheet, one table at a time: ``questions``, ``answers``, ``test``, ``groups``,
``scores``, ``standards`` or ``dif``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from ..shared.spreadsheets import Table

TABLES = ("questions", "answers", "test", "groups", "scores", "standards", "dif")

Row = list[Any]


def analysis_table(made: Mapping[str, Any], table: str) -> Table:
    """One table; an empty cell is a figure that is not told. Numbers have a point and all their digits."""
    names = {
        "questions": _("Questions"),
        "answers": _("Answers"),
        "test": _("Test"),
        "groups": _("Comparisons"),
        "scores": _("Scores"),
        "standards": _("Standards"),
        "dif": _("Differences between schools"),
    }
    return Table(names[table], *_TABLES[table](made))


def _three(figure: Mapping[str, Any]) -> Row:
    return [figure["value"], figure["low"], figure["high"]]


def _with_bounds(*names: str) -> Row:
    return [cell for name in names for cell in (name, _("%s, from") % name, _("%s, to") % name)]


def _questions(made: Mapping[str, Any]) -> tuple[Row, list[Row]]:
    figures = ("mean", "sd", "facility", "rest", "upper_lower", "efficiency", "omitted")
    words = (
        _("Mean"),
        _("Standard deviation"),
        _("Facility"),
        _("Discrimination (item-rest)"),
        _("Upper less lower"),
        _("Discrimination efficiency"),
        _("Omitted"),
    )
    head = [_("Question"), _("Title"), _("Points"), _("Students"), *_with_bounds(*words)]
    rows = [
        [one["number"], one["title"], one["points"], made["students"]]
        + [cell for name in figures for cell in _three(one[name])]
        + [" ".join(one["check"])]
        for one in made["questions"]
    ]
    for row, one in zip(rows, made["questions"], strict=True):
        row += [*_three(one["spent"]), one["spent"]["students"]]
    timed = [*_with_bounds(_("Time spent (median, seconds)")), _("Students with a time")]
    return [*head, _("Check the key"), *timed], rows


def _answers(made: Mapping[str, Any]) -> tuple[Row, list[Row]]:
    head = [_("Question"), _("Part"), _("Answer"), _("Right"), _("Chosen")]
    head += _with_bounds(_("Share"), _("Point-biserial correlation"))
    rows = [
        [one["number"], part["part"], _option(option["text"]), _("yes") if option["right"] else _("no"), option["count"]]
        + _three(option["share"])
        + _three(option["biserial"])
        for one in made["questions"]
        for part in one["parts"]
        for option in part["options"]
    ]
    return head, rows


def _option(text: str | None) -> str:
    return _("(another answer)") if text is None else text or _("(no answer)")


def _test(made: Mapping[str, Any]) -> tuple[Row, list[Row]]:
    test = made["test"]
    words = {
        "mean": _("Mean"),
        "percent": _("Mean in percent"),
        "median": _("Median"),
        "sd": _("Standard deviation"),
        "skewness": _("Skewness"),
        "kurtosis": _("Kurtosis"),
        "alpha": _("Reliability (KR-20)") if test["kr20"] else _("Reliability (alpha)"),
        "sem": _("Standard error of measurement"),
    }
    rows: list[Row] = [[_("Students"), made["students"], None, None], [_("Points possible"), made["possible"], None, None]]
    rows += [[word, *_three(test[name])] for name, word in words.items()]
    return [_("Figure"), _("Value"), _("From"), _("To")], rows


def _groups(made: Mapping[str, Any]) -> tuple[Row, list[Row]]:
    by = {"class": _("Class"), "session": _("Session"), "school": _("School")}
    head = [_("Compared by"), _("Group"), _("Students"), *_with_bounds(_("Mean in percent"), _("Standard deviation"))]
    head += _with_bounds(_("Difference to the others"), _("Effect size"))
    rows = [
        [by[comparison["by"]], one["name"], one["students"], *_three(one["mean"]), *_three(one["sd"])]
        + _three(one["difference"])
        + _three(one["effect"])
        for comparison in made["comparisons"]
        for one in comparison["groups"]
    ]
    return head, rows


def _scores(made: Mapping[str, Any]) -> tuple[Row, list[Row]]:
    table = made["distribution"] or made["bands"]
    return [_("From percent"), _("To percent"), _("Students")], [[one["least"], one["most"], one["count"]] for one in table]


def _standards(made: Mapping[str, Any]) -> tuple[Row, list[Row]]:
    head = [_("Standard"), _("Questions"), _("Points"), *_with_bounds(_("Mean in percent"))]
    rows = [
        [one["name"], " ".join(map(str, one["questions"])), one["points"], *_three(one["mean"])] for one in made["standards"]
    ]
    return head, rows


def _dif(made: Mapping[str, Any]) -> tuple[Row, list[Row]]:
    head = [_("School"), _("Question"), _("Title"), *_with_bounds(_("Odds ratio")), "p", _("Delta"), _("Category")]
    rows = [
        [
            school["name"],
            one["number"],
            one["title"],
            one["odds"],
            one["low"],
            one["high"],
            one["p"],
            one["delta"],
            one["category"],
        ]
        for school in made["dif"]
        for one in school["questions"]
    ]
    return head, rows


_TABLES = {
    "questions": _questions,
    "answers": _answers,
    "test": _test,
    "groups": _groups,
    "scores": _scores,
    "standards": _standards,
    "dif": _dif,
}
