"""What every platform behind ``assessprep_xblock.lms`` must do: one suite, run on each implementation.

A module that runs it imports the classes below and defines the fixture ``lms_world``: an object with the attributes and
methods of :class:`World`, freshly built for each test.
"""

from .answers import AnswersContract
from .content import ContentContract
from .guests import GuestsContract
from .people import PeopleContract
from .world import World, statements

__all__ = ["AnswersContract", "ContentContract", "GuestsContract", "PeopleContract", "World", "statements"]
