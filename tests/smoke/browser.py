"""One person at a browser: signs in through the form, opens pages, presses buttons. Every request is written down."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin

import requests
from bs4 import BeautifulSoup

from .checks import Deviation, equal, true

API = "/assessprep/api/v1/"


@dataclass
class Record:
    """Every request of a run, in order: what a reader wants to see when something went wrong."""

    file: Path
    seed: int
    step: str = ""
    outcome: str = "not finished"
    requests: list[dict[str, Any]] = field(default_factory=list)

    def write(self) -> None:
        """Into the file. Bodies are not kept, so no code and no answer is in it."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        head = {"seed": self.seed, "outcome": self.outcome, "count": len(self.requests)}
        self.file.write_text(
            json.dumps({**head, "requests": self.requests}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )


class Answer:
    """What the server said."""

    def __init__(self, response: requests.Response, told: str) -> None:
        self.status = response.status_code
        self.headers = response.headers
        self.text = response.text
        self.told = told

    @property
    def json(self) -> Any:
        """The JSON of the answer."""
        try:
            return json.loads(self.text)
        except ValueError:
            raise Deviation(f"{self.told}: expected JSON, saw {self.text[:200]!r}") from None

    @property
    def code(self) -> str:
        """The code of a refusal, empty where it is none."""
        try:
            found = json.loads(self.text)
        except ValueError:
            return ""
        return found.get("code", "") if isinstance(found, dict) else ""

    @property
    def page(self) -> BeautifulSoup:
        """The answer as a page."""
        return BeautifulSoup(self.text, "html.parser")


class Browser:
    """A browser. ``name`` is the user name, or ``nobody`` for one that never signs in."""

    def __init__(self, site: str, name: str, record: Record) -> None:
        self.site, self.name, self.record = site, name, record
        self._session = requests.Session()
        # The demo is on this machine: no proxy, no netrc.
        self._session.trust_env = False

    def close(self) -> None:
        """Let go of the connections."""
        self._session.close()

    # -- asking -------------------------------------------------------------------------------------------------------
    def ask(self, method: str, path: str, *, want: int | None = None, **more: Any) -> Answer:
        """One request. ``want``: the status it has to have. An answer of 500 or more is a deviation wherever it comes."""
        began = time.monotonic()
        told = f"{method} {path} by {self.name}"
        headers = {"Referer": self.site, **more.pop("headers", {})}
        try:
            response = self._session.request(
                method, urljoin(self.site, path), headers=headers, timeout=60, allow_redirects=False, **more
            )
        except requests.RequestException as error:
            raise Deviation(f"{told}: expected an answer, saw {type(error).__name__}") from error
        self.record.requests.append(
            {
                "n": len(self.record.requests) + 1,
                "step": self.record.step,
                "actor": self.name,
                "method": method,
                "path": path,
                "status": response.status_code,
                "ms": round((time.monotonic() - began) * 1000),
            }
        )
        answer = Answer(response, told)
        if answer.status >= 500:
            raise Deviation(f"{told}: expected an answer below 500, saw {answer.status}")
        if want is not None and answer.status != want:
            raise Deviation(f"{told}: expected {want}, saw {answer.status} {_gist(answer)}")
        return answer

    def open(self, path: str, *, want: int | None = 200) -> Answer:
        """A page."""
        return self.ask("GET", path, want=want, headers={"Accept": "text/html"})

    def press(self, path: str, fields: dict[str, str], *, token: str, want: int = 302) -> Answer:
        """Send a form that stands on a page, with the page's CSRF token."""
        return self.ask("POST", path, data={**fields, "csrfmiddlewaretoken": token}, want=want)

    def call(self, method: str, path: str, body: Any = None, *, want: int | None = 200) -> Answer:
        """A call of REST v1, as the product's own pages make it."""
        return self.send(method, API + path, body, want=want)

    def send(self, method: str, path: str, body: Any = None, *, want: int | None = 200) -> Answer:
        """A request of a page's script: JSON, with the CSRF token of the cookie."""
        headers = {"Accept": "application/json", "X-CSRFToken": self._session.cookies.get("csrftoken", "")}
        more = {} if body is None else {"json": body}
        return self.ask(method, path, want=want, headers=headers, **more)

    def post_as_form(self, path: str, fields: dict[str, Any]) -> Answer:
        """What the platform's own question script sends: form fields with the CSRF token in a header."""
        return self.ask("POST", path, data=fields, headers={"X-CSRFToken": self._session.cookies.get("csrftoken", "")})

    # -- signing in -----------------------------------------------------------------------------------------------------
    def sign_in(self, password: str) -> BeautifulSoup:
        """Through the sign-in form; the page of one's own courses."""
        form = self.open("/login").page
        sent = self.press("/login", {"username": self.name, "password": password, "next": ""}, token=csrf_of(form))
        equal(f"where signing in leads {self.name}", sent.headers.get("Location"), "/")
        home = self.open("/").page
        true(f"the first page of {self.name}", home.select_one("form[action='/logout']"), expected="a button Sign out")
        return home


def csrf_of(page: BeautifulSoup) -> str:
    """The CSRF token that a page's forms carry."""
    found = page.select_one("input[name=csrfmiddlewaretoken]")
    if found is None:
        raise Deviation("a page with a form: expected a CSRF token in it, saw none")
    return str(found["value"])


def in_address(text: str) -> str:
    """A course id or usage key as one part of an address."""
    return quote(text, safe="")


def _gist(answer: Answer) -> str:
    text = answer.text
    if "<html" in text:
        found = answer.page
        text = " ".join(one.get_text(" ", strip=True) for one in found.select("title, h1, pre.exception_value")[:3])
    return " ".join(text.split())[:300]
