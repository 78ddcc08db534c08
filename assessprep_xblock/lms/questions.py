"""Which values of a question a version freezes, and which answers of it can be drafts: the same on every platform."""

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
