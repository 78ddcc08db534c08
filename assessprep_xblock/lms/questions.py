"""Which values of a question a version freezes, which answers of it can be drafts, and which blocks no session can govern:
the same on every platform."""

from typing import Any

#: Fields of a question that change a test, and so are frozen in a version: what ``Question.effective`` holds.
EFFECTIVE = (
    "weight",
    "max_attempts",
    "rerandomize",
    "showanswer",
    "show_correctness",
    "submission_wait_seconds",
    "due",
    "graceperiod",
    "show_reset_button",
)
#: Inputs of a capa problem whose answers can be kept as a draft and handed in by the server.
DRAFTABLE_INPUTS = {"choicegroup", "radiogroup", "checkboxgroup", "optioninput", "textline", "formulaequationinput"}
#: Responses of a capa problem that are not graded at once, or run code of the author.
UNDRAFTABLE_RESPONSES = {"coderesponse", "externalresponse", "customresponse", "schematicresponse", "choicetextresponse"}
#: Levels of a course that show all they hold, one after the other: what is below counts, and not they.
PLAIN_LEVELS = {"vertical"}
#: Who may define how a block takes calls: the XBlock framework alone. The gate is mixed in over that.
FRAMEWORK = "xblock"


def holds_others(block: Any) -> bool:
    """Whether this block has a mind of its own about blocks below it: which are shown, to whom, and what they count."""
    return bool(getattr(block, "has_children", False)) and block.scope_ids.block_type not in PLAIN_LEVELS


def obstacle_of(block: Any) -> str:
    """Why no session can govern this block, as ``Question.obstacle`` says it; "" where one can."""
    kind = getattr(block, "unmixed_class", type(block))
    # What the class itself defines is asked before anything that is mixed in behind it.
    takes_calls = next(one for one in kind.__mro__ if "handle" in vars(one))
    if takes_calls.__module__.partition(".")[0] != FRAMEWORK:
        return "own_calls"
    return "holds_blocks" if holds_others(block) else ""
