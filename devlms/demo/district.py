"""The demo district: organizations, runs, and people with names as varied as a real school's."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

BANK = "course-v1:Riverside+BANK+2026"
BANK_NAME = "Riverside Question Bank"
DISTRICT = ("Riverside", "Riverside District")
AUTHOR = ("author", "Imogen Achterberg")
INVIGILATOR = ("invigilator", "Yusuf Demirtaş")
CLASSES = ("7A", "7B", "7C")
LEARNERS_PER_CLASS = 22


@dataclass(frozen=True)
class School:
    """One school: its letter in user names, its organization, its run and its member of staff."""

    letter: str
    short_name: str
    name: str
    course: str
    course_name: str
    staff_name: str


SCHOOLS = (
    School("a", "Northside", "Northside Middle School", "course-v1:Northside+SCI7+2026", "Science 7", "Nadia Benmoussa"),
    School("b", "Lakeside", "Lakeside Academy", "course-v1:Lakeside+SCI7+2026", "Science 7", "Tomás Ó Briain"),
    School("c", "Hillcrest", "Hillcrest School", "course-v1:Hillcrest+SCI7+2026", "Science 7", "Grace Okonkwo"),
)

UNUSUAL = (
    "ليلى الحسن",
    "Siobhán O'Sullivan-D'Arcy",
    "María Concepción Guadalupe Hernández de la Fuente y Montoya",
    "王小明",
    "Suharto",
    "عبد الرحمن بن يوسف القرشي",
    "Þórdís Ævarsdóttir",
    "Jean-Luc N'Guessan",
    "Oluwadamilola Aderemi-Fashanu",
    "Nguyễn Thị Minh Khai",
)
GIVEN = [
    *("Amara", "Ben", "Chloe", "Dmitri", "Elena", "Farid", "Greta", "Hugo", "Ines", "Jamal", "Keiko", "Liam", "Mina"),
    *("Noor", "Omar", "Priya", "Quinn", "Rosa", "Samir", "Tara", "Uma", "Viktor", "Willa", "Ximena", "Yara", "Zane"),
]
FAMILY = [
    *("Abara", "Brandt", "Castillo", "Devi", "Eriksen", "Fontaine", "García", "Haddad", "Ivanova", "Johnson"),
    *("Kowalski", "Lindqvist", "Mbeki", "Novak", "Osei", "Patel", "Quispe", "Rossi", "Sato", "Torres"),
]


def learner_names(school: int) -> list[str]:
    """Names of one school's learners: different in each school, the unusual ones spread over its classes."""
    wanted = len(CLASSES) * LEARNERS_PER_CLASS
    pairs = [f"{given} {family}" for given, family in product(GIVEN, FAMILY)]
    # A step that shares no factor with the number of pairs visits each once before any comes again.
    names = [pairs[(school * 173 + number * 79) % len(pairs)] for number in range(wanted)]
    for number, name in enumerate(UNUSUAL):
        names[(number * 7 + school) % wanted] = name
    return names
