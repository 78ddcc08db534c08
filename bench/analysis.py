"""Analysis of 100,000 students and 40 questions: CPU seconds and memory, beside plain Python in the same run.

Each part runs in a process of its own, so that nothing of one is in the memory of the other. Scores come as they
come from the database: packed, 2,000 at a time.
"""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from operator import mul
from pathlib import Path

from bench.rows import Row

STUDENTS, QUESTIONS, CHUNK = 100_000, 40, 2_000
ROUNDS = 5


def run(note: Callable[[str], None]) -> list[Row]:
    """Our figures, and how much longer plain Python takes."""
    rounds = []
    for number in range(1, ROUNDS + 1):
        note(f"{STUDENTS:,} students x {QUESTIONS} questions, round {number} of {ROUNDS}")
        rounds.append(_process("ours"))
    plain = _process("plain")
    ours = sorted(one["figures"] for one in rounds)[ROUNDS // 2]
    spent = sorted(one["spent"] for one in rounds)[ROUNDS // 2]
    assert rounds[0]["medians"] == plain["medians"], "the medians of the time spent differ"
    apart = max(abs(a - b) for a, b in zip(rounds[0]["rest"], plain["rest"], strict=True))
    size = f"{STUDENTS:,} x {QUESTIONS}"
    return [
        Row(f"analysis {size}: figures of the test and its questions", "<= 0.3", ours, "CPU s"),
        Row(f"analysis {size}: medians of the time spent, with intervals", "<= 0.3", spent, "CPU s"),
        Row(f"analysis {size}: plain Python / ours, medians of the time spent", "", plain["spent"] / spent, "times"),
        Row(f"analysis {size}: unpacking", "", sorted(one["unpacking"] for one in rounds)[ROUNDS // 2], "CPU s"),
        Row(f"analysis {size}: memory above start", "<= 150", max(one["memory"] for one in rounds), "MB"),
        Row(f"analysis {size}: plain Python, the same figures", "", plain["figures"], "CPU s"),
        Row(f"analysis {size}: plain Python / ours", ">= 10", plain["figures"] / ours, "times"),
        Row(f"analysis {size}: largest difference of a correlation", "<= 1e-9", apart, ""),
    ]


def _process(part: str) -> dict:
    ran = subprocess.run(
        [sys.executable, "-m", "bench.analysis", part],
        cwd=Path(__file__).resolve().parent.parent,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise RuntimeError(f"bench.analysis {part} failed:\n{ran.stderr[-2000:]}")
    return json.loads(ran.stdout)


def scores() -> Iterator[list[float]]:
    """The same students every time: right or wrong by ability and difficulty, fast enough not to be waited for."""
    chance = random.Random(7)
    for _ in range(STUDENTS):
        ability = chance.random()
        bits = chance.getrandbits(8 * QUESTIONS).to_bytes(QUESTIONS, "little")
        limit = 40 + 170 * ability
        yield [float(bits[one] < limit - 2 * one) for one in range(QUESTIONS)]


def seconds() -> Iterator[list[int]]:
    """The same times every time: how long each question was before each student, of one in sixteen not known."""
    chance = random.Random(11)
    for _ in range(STUDENTS):
        yield [one if one > 15 else 0 for one in chance.getrandbits(8 * QUESTIONS).to_bytes(QUESTIONS, "little")]


def _ours() -> dict:
    import numpy as np

    from assessprep_xblock.domain.analysis import rules, vectors

    answered, chosen = [True] * QUESTIONS, [1] * QUESTIONS
    made = (vectors.pack(row, answered, chosen, times) for row, times in zip(scores(), seconds(), strict=True))
    # The quantile's tables and numpy's first steps are no part of what grows with students.
    rules.items(np.eye(20), np.ones(20), np.eye(20) > 0)
    start = _peak()
    unpacking = 0.0
    gathered = vectors.Gathering(QUESTIONS, QUESTIONS, expected=STUDENTS)
    while batch := list(islice(made, CHUNK)):
        begun = time.process_time()
        gathered.add(batch)
        unpacking += time.process_time() - begun
    answers = gathered.answers()
    begun = time.process_time()
    sums = rules.sums(answers.scores)
    rules.whole(answers.scores, sums)
    items = rules.items(answers.scores, np.ones(QUESTIONS), answers.answered, sums)
    figures = time.process_time() - begun
    begun = time.process_time()
    medians = [rules.spent(answers.spent[:, one])[1] for one in range(QUESTIONS)]
    spent = time.process_time() - begun
    rest = [item.rest for item in items]
    told = {"rest": rest, "medians": medians}
    return {"figures": figures, "spent": spent, "unpacking": unpacking, "memory": _peak() - start, **told}


def _plain() -> dict:
    """The same figures as somebody would write them without numpy, with care: columns, sums of products, one sort each."""
    rows = list(scores())
    columns = [list(column) for column in zip(*rows, strict=True)]
    begun = time.process_time()
    n = STUDENTS
    total = [sum(row) for row in rows]
    mean = sum(total) / n
    away = [value - mean for value in total]
    of_total = sum(map(mul, away, away)) / (n - 1)
    sd = of_total**0.5
    sum((value / sd) ** 3 for value in away), sum((value / sd) ** 4 for value in away)
    ranked = sorted(range(n), key=total.__getitem__)
    size = round(0.27 * n)
    low, high = ranked[:size], ranked[-size:]
    variances, rest = [], []
    for column in columns:
        average = sum(column) / n
        own = (sum(map(mul, column, column)) - n * average * average) / (n - 1)
        both = sum(map(mul, column, away)) / (n - 1)
        variances.append(own)
        rest.append((both - own) / (own * (of_total - 2 * both + own)) ** 0.5)
        (sum(column[one] for one in high) - sum(column[one] for one in low)) / size
        rests = sorted(map(lambda all_of_it, one: all_of_it - one, total, column))
        sum(map(mul, sorted(column), rests))
    QUESTIONS / (QUESTIONS - 1) * (1 - sum(variances) / of_total)
    figures = time.process_time() - begun
    times = list(zip(*seconds(), strict=True))
    begun = time.process_time()
    medians = [_median(sorted(one for one in column if one)) for column in times]
    return {"figures": figures, "spent": time.process_time() - begun, "rest": rest, "medians": medians}


def _median(ordered: list[int]) -> float:
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def _peak() -> float:
    """The most memory this process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    json.dump({"ours": _ours, "plain": _plain}[sys.argv[1]](), sys.stdout)
