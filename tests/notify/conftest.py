"""A mail server of the tests' own, and notices to send."""

from __future__ import annotations

import dataclasses
import email
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date
from email import policy
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from portal.notify import rules


class Postbox:
    """Takes letters; `refuse` and `drop` name the recipients it has trouble with."""

    def __init__(self) -> None:
        self.letters: list[Any] = []
        self.refuse: set[str] = set()
        self.drop: set[str] = set()
        self.slow_seconds = 0.0

    async def handle_RCPT(
        self, _server: Any, _session: Any, envelope: Any, address: str, _o: Any
    ) -> str:
        if address in self.refuse:
            return f"550 5.1.1 <{address}> no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Any, envelope: Any) -> str:
        if self.drop & set(envelope.rcpt_tos):
            assert server.transport is not None
            server.transport.close()
            return "250 never heard"
        if self.slow_seconds:
            import asyncio

            await asyncio.sleep(self.slow_seconds)
        self.letters.append(email.message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"

    def to(self, address: str) -> list[Any]:
        return [letter for letter in self.letters if address in str(letter["To"])]


@pytest.fixture
def postbox() -> Iterator[Any]:
    """A real SMTP server; `postbox.port`."""
    box = Postbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    box.port = port  # type: ignore[attr-defined]
    yield box
    server.stop()


@pytest.fixture
def mail_to(app: Any) -> Callable[..., None]:
    """`mail_to(port)`: the portal delivers to this server."""

    def use(port: int, **more: Any) -> None:
        app.config["SUNHOME"] = dataclasses.replace(
            app.config["SUNHOME"], mail_server="127.0.0.1", mail_port=port,
            public_url="https://sunhome.example", **more,
        )  # fmt: skip

    return use


@pytest.fixture
def tell(db: Any) -> Callable[..., bool]:
    """`tell(member, key="1")`: a notice with words that the tests know."""

    def one(member: Any, key: str = "1", **more: Any) -> bool:
        params = {
            "name": member.name, "words": 0, "late": 0, "on": "2026-03-01", "calendar": "solar",
            "coins": 10,
        }  # fmt: skip
        told = {"kind": "greetings.birthday", "link": "/greetings/", "params": params} | more
        with db():
            return rules.tell(member.id, key=f"test:{key}", **told)

    return one


@pytest.fixture
def deliver(app: Any) -> Callable[[], int]:
    """One round of the delivery job; answers how many letters the server took."""
    from portal.notify.jobs import deliver

    def run() -> int:
        with app.app_context():
            return deliver(date(2026, 3, 1))

    return run


@pytest.fixture
def silent_server() -> Iterator[int]:
    """A server that accepts the connection and then says nothing; its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    held: list[socket.socket] = []
    ended = threading.Event()

    def hold() -> None:
        while not ended.is_set():
            try:
                held.append(listener.accept()[0])
            except OSError:
                return

    thread = threading.Thread(target=hold, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    ended.set()
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    for each in held:
        each.close()
    thread.join(timeout=2)
    time.sleep(0)
