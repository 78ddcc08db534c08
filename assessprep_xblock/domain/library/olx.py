"""Reading the frozen content of a question: its responses, its choices, their words.

Responses are counted from 2 in the order of the page, as in the names of the platform's inputs (``input_<block>_2_1``).
"""

from __future__ import annotations

from typing import Any

from lxml import etree

#: Kinds of responses whose choices may have names of their own.
NAMED = ("multiplechoiceresponse", "truefalseresponse")


def read(olx: str) -> Any | None:
    """The root element, or None where it cannot be read. No entity is resolved and nothing is fetched: authors wrote it."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    try:
        return etree.fromstring(olx.encode(), parser)
    except etree.XMLSyntaxError:
        return None


def responses(olx: str) -> dict[int, Any]:
    """The responses of a question by their number; none where it cannot be read."""
    root = read(olx)
    if root is None:
        return {}
    elements = [element for element in root.iter() if str(element.tag).endswith("response")]
    return dict(enumerate(elements, start=2))


def is_assessed_by_peers(olx: str) -> bool:
    """Whether this is an open response that students assess for one another."""
    if not olx.startswith("<openassessment"):
        return False
    root = read(olx)
    return root is not None and any(one.get("name") == "peer-assessment" for one in root.iter("assessment"))


def choices(response: Any) -> list[tuple[str, Any]]:
    """What the form posts for each choice of a response, and its element.

    A choice is posted as ``choice_<its name>``, or with its place from 0 where it has none or this kind knows no names.
    """
    found, unnamed = [], 0
    for choice in response.iter("choice"):
        name = choice.get("name") if response.tag in NAMED else None
        if name is None:
            name, unnamed = str(unnamed), unnamed + 1
        found.append((f"choice_{name}", choice))
    return found


def label(response: Any) -> str:
    """The label of one response, in plain text."""
    found = next(iter(response.iter("label")), None)
    return "" if found is None else words(found)


def words(element: Any) -> str:
    """The text of an element in one line, a picture by its description; hints are no part of what is asked."""
    return " ".join(_text(element).split())


def _text(element: Any) -> str:
    own = [element.get("alt", "") if element.tag == "img" else "", element.text or ""]
    for child in element:
        if not str(child.tag).endswith("hint"):
            own.append(_text(child))
        own.append(child.tail or "")
    return "".join(own)
