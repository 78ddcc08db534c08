"""What the server wrote: does it tell a session code, and did anything go wrong? Text in, lines out."""

from __future__ import annotations

import re

#: What may hold four digits by chance, and is no code: when, which block, which id, how many bytes, which port;
#: and the code of a session that is not the job's.
_CHANCE = re.compile(
    r"^\[[^]]*\]"  # [23/Nov/2026 12:58:37]
    r"|\d{4}-\d{2}-\d{2}[ T][\d:.,]*Z?"
    r"|(?:course|block)-v1(?::|%3A)[^\s/\"'?&)]*"
    r"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|\b[0-9a-f]{32}\b"
    r"|127\.0\.0\.1:\d+"
    r"|by a name and the code \d+"  # told by the demo itself at its start, of its open evening
    r"|HTTP/1\.\d\" \d{3} \d+$",
    re.IGNORECASE,
)


def lines_with(log: str, code: str) -> list[str]:
    """The lines of a server's log that tell this code."""
    token = re.compile(rf"(?<![0-9A-Za-z]){re.escape(code)}(?![0-9A-Za-z])")
    return [line for line in log.splitlines() if token.search(_CHANCE.sub(" ", line))]


def errors_in(log: str) -> list[str]:
    """The last line of each traceback. A page that is refused leaves one, too; that is Django's way of saying 403."""
    found, before, inside, refused = [], "", False, False
    for line in log.splitlines():
        if line.startswith("Traceback (most recent call last):"):
            inside, refused = True, before.startswith("Forbidden (Permission denied)")
        elif inside and line and not line.startswith(" "):
            inside = False
            if not refused:
                found.append(line)
        before = line or before
    return found + [line for line in log.splitlines() if line.startswith("Internal Server Error")]
