"""Made-up names for marking without names: always the same for one attempt, and saying nothing about who it is."""

from __future__ import annotations

import base64
import hashlib
from uuid import UUID


def pseudonym(attempt_uuid: UUID) -> str:
    """``K7M2-9XQD``: drawn from the attempt's own random id (40 bits), so it survives any change of keys and servers.

    Base 32 of RFC 4648: no 0, 1, 8 or 9 that could be read as letters.
    """
    drawn = base64.b32encode(hashlib.sha256(b"assessprep name " + attempt_uuid.bytes).digest()[:5]).decode()
    return f"{drawn[:4]}-{drawn[4:]}"
