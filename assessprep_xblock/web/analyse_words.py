"""The figures of an analysis as people read them: rounded, with their interval, and with a word where there are too few."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

Made = Mapping[str, Any]
LEFT_TO_RIGHT = "\u200e"

TABLE_NAMES = {
    "questions": gettext_lazy("Questions"),
    "answers": gettext_lazy("Answers chosen"),
    "test": gettext_lazy("The whole test"),
    "groups": gettext_lazy("Groups compared"),
    "scores": gettext_lazy("Scores"),
    "standards": gettext_lazy("Standards"),
    "dif": gettext_lazy("Fairness between schools"),
}


def table_name(name: str) -> Any:
    """What a table of the spreadsheet is called."""
    return TABLE_NAMES[name]


def number(value: float | None, places: int = 2) -> str:
    """A number in the reader's own notation; a dash where there is none."""
    if value is None:
        return "–"
    # No "-0": what rounds to nothing is nothing.
    rounded = round(value, places) + 0.0
    text = number_format(rounded, decimal_pos=places, force_grouping=abs(rounded) >= 10_000)
    # On a page that runs from right to left a sign would go to the other side.
    return f"{LEFT_TO_RIGHT}{text}" if rounded < 0 else text


def figure(one: Made, *, places: int = 2, factor: float = 1, unit: str = "") -> dict[str, str]:
    """A figure as a page shows it: ``value``, ``sure`` ("0.21 to 0.43"), and ``guard`` with its ``words``."""

    def told(value: float | None) -> str:
        return number(None if value is None else value * factor, places)

    words = {"rough": _("few students"), "few": _("too few students"), "kept_back": _("kept back")}
    sure = "" if one["low"] is None else _("%(low)s to %(high)s") % {"low": told(one["low"]), "high": told(one["high"])}
    return {
        "value": told(one["value"]) + (unit if one["value"] is not None else ""),
        "sure": sure,
        "guard": one["guard"],
        "words": words.get(one["guard"], ""),
    }


def facts(made: Made) -> list[dict[str, Any]]:
    """The whole test, figure by figure, each with what it means in one sentence."""
    test, possible = made["test"], number(made["possible"], 1)
    alpha = _("Reliability (KR-20)") if test["kr20"] else _("Reliability (Cronbach's alpha)")
    return [
        {
            "name": _("Mean"),
            **figure(test["mean"]),
            "more": _("of %(possible)s points (%(percent)s)")
            % {"possible": possible, "percent": figure(test["percent"], places=1, unit=" %")["value"]},
            "guide": _("The average score. The interval says where the mean of very many such students would lie."),
        },
        {
            "name": _("Median"),
            **figure(test["median"]),
            "guide": _(
                "Half of the students scored more, half less. Far from the mean: a few very high or very low scores."
            ),
        },
        {
            "name": _("Standard deviation"),
            **figure(test["sd"]),
            "guide": _(
                "How far scores typically lie from the mean, in points. Near 0: the test hardly tells students apart."
            ),
        },
        {
            "name": _("Skewness"),
            **figure(test["skewness"]),
            "guide": _("Above 0: most scored low and a few high (a hard test). Below 0: most scored high (an easy one)."),
        },
        {
            "name": _("Kurtosis"),
            **figure(test["kurtosis"]),
            "guide": _("0 for a bell shape. Above: more scores at the very ends. Below: scores spread out flatly."),
        },
        {
            "name": alpha,
            **figure(test["alpha"]),
            "guide": _(
                "How much the questions agree with each other. From about 0.7 a group can be judged, from about 0.9 a "
                "single student. Few or very different questions give a low value without being bad."
            ),
        },
        {
            "name": _("Standard error of measurement"),
            **figure(test["sem"]),
            "guide": _(
                "Two students closer together than about twice this many points cannot be told apart by this test. Do not "
                "let a grade hang on less."
            ),
        },
    ]


def score_rows(made: Made) -> list[dict[str, Any]]:
    """The scores by range, as counts and shares."""
    n = made["students"]
    return [
        {
            "range": _("%(least)s to %(most)s %%") % {"least": one["least"], "most": one["most"]},
            "count": "–" if one["count"] is None else one["count"],
            "share": "" if one["count"] is None or not n else f"{number(100 * one['count'] / n, 0)} %",
            "kept_back": one["count"] is None,
        }
        for one in made["distribution"] or made["bands"]
    ]


def band_rows(made: Made) -> list[dict[str, Any]]:
    """The four score ranges of the Grade view, where every score is told; elsewhere they are the rows of the chart."""
    return [
        {
            "least": one["least"],
            "range": _("%(least)s to %(most)s %%") % {"least": one["least"], "most": one["most"]},
            "count": one["count"],
            "figure": figure(one["share"], places=0, factor=100, unit=" %"),
        }
        for one in (made["bands"] if made["distribution"] else ())
    ]


REASONS = {
    "strong_choose_other": gettext_lazy("Among the best students another answer is chosen more often than the right one."),
    "goes_with_low_scores": gettext_lazy("Students who do well in the other questions do worse in this one."),
}


def question_rows(made: Made) -> list[dict[str, Any]]:
    """The questions, each with its figures and the answers that were chosen."""
    return [
        {
            "number": one["number"],
            "title": one["title"],
            "points": number(one["points"], 2).rstrip("0").rstrip(".,"),
            "standards": one["standards"],
            "facility": figure(one["facility"], places=0, factor=100, unit=" %"),
            "ease": _ease(one["facility"]["value"]),
            "sd": figure(one["sd"]),
            "rest": figure(one["rest"]),
            "strength": _strength(one["rest"]["value"]),
            "upper_lower": figure(one["upper_lower"]),
            "efficiency": figure(one["efficiency"], places=0, factor=100, unit=" %"),
            "omitted": figure(one["omitted"], places=0, factor=100, unit=" %"),
            "spent": _seconds(one["spent"]),
            "check": [REASONS[reason] for reason in one["check"]],
            "parts": [_part(part) for part in one["parts"]],
        }
        for one in made["questions"]
    ]


def _seconds(given: Made) -> dict[str, str]:
    """A figure in seconds, as minutes and seconds: 1:05."""
    shown = figure(given)
    if given["value"] is not None:
        shown["value"] = clock(given["value"])
    if given["low"] is not None:
        shown["sure"] = _("%(low)s to %(high)s") % {"low": clock(given["low"]), "high": clock(given["high"])}
    return shown


def clock(seconds: float) -> str:
    """Seconds as people read a stopwatch."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


def _ease(value: float | None) -> str:
    if value is None:
        return ""
    return _("hard") if value < 0.3 else _("easy") if value > 0.85 else ""


def _strength(value: float | None) -> str:
    """Words of Ebel & Frisbie (1991), chapter 13."""
    if value is None:
        return ""
    return _("negative") if value < 0 else _("weak") if value < 0.2 else _("good") if value >= 0.3 else ""


def _part(part: Made) -> dict[str, Any]:
    options = [
        {
            "text": _("Another answer") if one["text"] is None else one["text"] or _("No answer"),
            "plain": bool(one["text"]),
            "right": one["right"],
            "count": "–" if one["count"] is None else one["count"],
            "kept_back": one["count"] is None,
            "share": figure(one["share"], places=0, factor=100, unit=" %"),
            "width": 0 if one["share"]["value"] is None else round(100 * one["share"]["value"]),
            "biserial": figure(one["biserial"]),
        }
        for one in part["options"]
    ]
    return {"label": part["label"], "many": part["many"], "options": options}


BY = {
    "class": (gettext_lazy("Classes"), gettext_lazy("Class")),
    "session": (gettext_lazy("Sessions"), gettext_lazy("Session")),
    "school": (gettext_lazy("Schools"), gettext_lazy("School")),
}


def comparisons(made: Made) -> list[dict[str, Any]]:
    """Classes, sessions and schools beside each other."""
    return [
        {
            "by": one["by"],
            "title": BY[one["by"]][0],
            "column": BY[one["by"]][1],
            "groups": [
                {
                    "name": group["name"],
                    "students": group["students"],
                    "mean": figure(group["mean"], places=1, unit=" %"),
                    "sd": figure(group["sd"], places=1),
                    "difference": figure(group["difference"], places=1),
                    "effect": figure(group["effect"]),
                    "sure": _sure(group["difference"]),
                }
                for group in one["groups"]
            ],
        }
        for one in made["comparisons"]
    ]


def _sure(difference: Made) -> str:
    if difference["low"] is None:
        return ""
    if difference["low"] > 0:
        return _("higher")
    return _("lower") if difference["high"] < 0 else _("may be chance")


def standard_rows(made: Made) -> list[dict[str, Any]]:
    """The score in the questions of each standard."""
    return [
        {
            "name": one["name"],
            "questions": ", ".join(map(str, one["questions"])),
            "points": number(one["points"], 1),
            "mean": figure(one["mean"], places=1, unit=" %"),
            "few": len(one["questions"]) < 3,
        }
        for one in made["standards"]
    ]


CATEGORIES = {
    "A": gettext_lazy("A: negligible"),
    "B": gettext_lazy("B: moderate"),
    "C": gettext_lazy("C: large"),
    "": gettext_lazy("cannot be said"),
}


def dif_rows(made: Made) -> list[dict[str, Any]]:
    """Each school against the others: the questions that stand out, and how many do not (all are in the spreadsheet)."""
    found = []
    for school in made["dif"]:
        rows = [
            {
                "number": one["number"],
                "title": one["title"],
                "odds": number(one["odds"]),
                "sure": ""
                if one["low"] is None
                else _("%(low)s to %(high)s") % {"low": number(one["low"]), "high": number(one["high"])},
                "p": number(one["p"], 3),
                "delta": number(one["delta"]),
                "category": CATEGORIES[one["category"]],
                "stands_out": one["category"] in ("B", "C"),
                "harder": one["delta"] is not None and one["delta"] < 0,
            }
            for one in school["questions"]
        ]
        shown = [row for row in rows if row["stands_out"]]
        found.append(
            {
                "name": school["name"],
                "students": school["students"],
                "guard": school["guard"],
                "compared": len(rows),
                "rows": shown,
                "alike": len(rows) - len(shown),
            }
        )
    return found
