"""Customers of the bank: they award, give and withdraw over HTTP, and repeat until answered.

A customer knows nothing of the house but its port. Each deed has a key of its own; what came of
it is kept in `deeds`, for the test to hold against the books.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlencode

T = TypeVar("T")
ANSWER_SECONDS, PATIENCE, PAUSE = 5, 90, 0.05
MOST_DEEDS = 3000
BUSY = 503
"""Answered, but nothing was done: asked again, as no answer at all."""


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    text: str
    location: str | None = None
    cookie: str | None = None

    @property
    def is_done(self) -> bool:
        return self.status < 400


@dataclass(slots=True)
class Deed:
    """What was asked for under one key, and the answers it got."""

    kind: str
    key: str
    facts: dict[str, Any]
    replies: list[Reply] = field(default_factory=list)

    @property
    def done(self) -> Reply | None:
        """The answer that acknowledged it; none where it was refused each time."""
        return next((reply for reply in self.replies if reply.is_done), None)


class Unanswered(Exception):
    """Nobody answered, however patiently it was asked."""


class Customer(threading.Thread):
    """Does deeds of its own choice until told to stop. `fault` is what must never have happened."""

    def __init__(self, name: str, port: int, seed: float) -> None:
        super().__init__(name=name, daemon=True)
        self.port, self.rng = port, random.Random(seed)
        self.is_over, self.patience = threading.Event(), PATIENCE
        self.deeds: list[Deed] = []
        self.fault = ""
        self.seen: Counter[str] = Counter()

    def run(self) -> None:
        try:
            self.begin()
            while not self.is_over.is_set() and len(self.deeds) < MOST_DEEDS:
                self.next_deed()
        except Exception as error:  # told to the test, which judges
            self.fault = f"{self.name}: {type(error).__name__}: {error}"

    def begin(self) -> None:
        """Before the first deed."""

    def next_deed(self) -> None:
        raise NotImplementedError

    # ---- asking -----------------------------------------------------------------------------

    def ask(self, request: Request, copies: int = 1) -> list[Reply]:
        """Send `copies` at one moment, and all again until one at least is answered."""
        began = time.monotonic()
        while time.monotonic() < began + self.patience:
            found = self._answers(request, copies)
            if found:
                return found
            self.seen["repeated"] += 1
            time.sleep(PAUSE * (0.5 + self.rng.random()))
        raise Unanswered(f"{request.method} {request.path}")

    def _answers(self, request: Request, copies: int) -> list[Reply]:
        lines = [
            http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS)
            for _copy in range(copies)
        ]
        with contextlib.ExitStack() as opened:
            for line in lines:
                opened.enter_context(contextlib.closing(line))
            heard = [line for line in lines if self._over(_send, line, request)]
            replies = [self._over(_read, line) for line in heard]
        found = [reply for reply in replies if reply is not None and reply.status != BUSY]
        for reply in replies:
            self.seen[str(reply.status) if reply else "no answer"] += 1
        wrong = [reply.status for reply in found if reply.status >= 500]
        assert not wrong, f"{request.method} {request.path} answered {wrong}"
        return found

    def _over(self, step: Callable[..., T], *given: Any) -> T | None:
        """What `step` answers; None where the line broke."""
        try:
            return step(*given)
        except (OSError, http.client.HTTPException) as error:
            self.seen[type(error).__name__] += 1
            return None

    def do(self, deed: Deed, request: Request) -> Deed:
        """Have it done: a fifth of all deeds twice, at one moment or one after the other."""
        self.deeds.append(deed)
        chance = self.rng.random()
        deed.replies += self.ask(request, copies=2 if chance < 0.1 else 1)
        if 0.1 <= chance < 0.2:
            deed.replies += self.ask(request)
        said = {(r.status, r.location or r.text) for r in deed.replies if r.is_done}
        assert len(said) <= 1, f"the second answer differs: {said}"
        return deed


def _send(line: http.client.HTTPConnection, request: Request) -> bool:
    line.request(request.method, request.path, request.body, request.headers)
    return True


def _read(line: http.client.HTTPConnection) -> Reply:
    answer = line.getresponse()
    text = answer.read().decode()
    found = re.search(r"\bsunhome=([^;]*)", answer.getheader("Set-Cookie") or "")
    return Reply(answer.status, text, answer.getheader("Location"), found[1] if found else None)


def _by_token(token: str, key: str, path: str, body: dict[str, Any]) -> Request:
    headers = {
        "Authorization": f"Bearer {token}",
        "Idempotency-Key": key,
        "Content-Type": "application/json",
    }
    return Request("POST", path, headers, json.dumps(body))


class Leader(Customer):
    """Awards by token, and takes some of it back on the page, where others may do so too."""

    def __init__(
        self, name: str, port: int, seed: float, *, token: str, people: list[str],
        staff_no: str, password: str, given: list[int],
    ) -> None:  # fmt: skip
        super().__init__(name, port, seed)
        self.token, self.people, self.given = token, people, given
        self.staff_no, self.password, self.cookie = staff_no, password, ""

    def begin(self) -> None:
        answer = self._post("/people/sign-in", staff_no=self.staff_no, password=self.password)
        assert answer.status == 303, f"signing in answered {answer.status}"

    def next_deed(self) -> None:
        if self.given and self.rng.random() < 0.25:
            self._withdraw(self.rng.choice(self.given[-8:]))
        else:
            self._award()

    def _award(self) -> None:
        key = f"{self.name}-{len(self.deeds):06}"
        body = {
            "people": self.rng.sample(self.people, self.rng.randint(1, len(self.people))),
            "amount": self.rng.randint(1, 4),
            "value": "care",
            "reason": f"来电高峰时她一直耐心地解释。（{key}）",
        }
        request = _by_token(self.token, key, "/api/v1/coins/awards", body)
        done = self.do(Deed("award", key, body), request).done
        if done is not None:
            self.given.append(json.loads(done.text)["id"])

    def _withdraw(self, award_id: int) -> None:
        path = f"/coins/awards/{award_id}/withdraw"
        request = self._drawn(path)
        key = re.search(r"request_key=([^&]*)", request.body or "")
        assert key, "a form without a key"
        deed = self.do(Deed("withdraw", key[1], {"award": award_id}), request)
        assert "sign-in" not in (deed.replies[-1].location or ""), "the session is gone"

    # ---- as a browser -----------------------------------------------------------------------

    def _drawn(self, path: str, **typed: str) -> Request:
        """The form at `path` as it will be sent."""
        [page] = self.ask(Request("GET", path, {"Cookie": f"sunhome={self.cookie}"}))
        self.cookie = page.cookie or self.cookie
        assert page.status == 200, f"{path} answered {page.status} {page.location}"
        fields = {
            name: _attribute(element, "value")
            for element in re.findall(r"<input\b[^>]*>", page.text)
            if (name := _attribute(element, "name")) in {"csrf_token", "request_key"}
        }
        headers = {
            "Cookie": f"sunhome={self.cookie}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        return Request("POST", path, headers, urlencode({**fields, **typed}))

    def _post(self, path: str, **typed: str) -> Reply:
        [reply] = self.ask(self._drawn(path, **typed))
        self.cookie = reply.cookie or self.cookie
        return reply


def _attribute(element: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', element)
    return found[1] if found else ""


class Giver(Customer):
    """Gives coins out of the own wallet to a drive, sometimes more than are there."""

    def __init__(self, name: str, port: int, seed: float, *, token: str, drive: int) -> None:
        super().__init__(name, port, seed)
        self.token, self.drive = token, drive

    def next_deed(self) -> None:
        key = f"{self.name}-{len(self.deeds):06}"
        shown = self.rng.choice(("public", "committee", "anonymous"))
        body = {"amount": self.rng.randint(1, 6), "shown": shown, "message": key}
        path = f"/api/v1/drives/{self.drive}/gifts"
        self.do(Deed("gift", key, body), _by_token(self.token, key, path, body))


class Reader(threading.Thread):
    """Adds up all accounts, over and over. `look` answers (their sum, that of the entries, the
    lowest balance that must not be below zero)."""

    def __init__(self, look: Callable[[], tuple[int, int, int]]) -> None:
        super().__init__(name="reader", daemon=True)
        self.look, self.is_over = look, threading.Event()
        self.readings, self.fault = 0, ""

    def run(self) -> None:
        try:
            while not self.is_over.is_set() and not self.fault:
                accounts, entries, lowest = self.look()
                self.readings += 1
                if accounts or entries or lowest < 0:
                    self.fault = f"accounts {accounts}, entries {entries}, lowest {lowest}"
                time.sleep(0.01)
        except Exception as error:  # told to the test, which judges
            self.fault = f"{type(error).__name__}: {error}"
