"""Tests, and requests of the portal in them, speak to nobody outside (HOUSE §5.9)."""

from __future__ import annotations

import smtplib
import socket
import urllib.request
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from flask import Flask

from tests.sockets import is_here

AWAY = ("192.0.2.1", 9)  # an address that is nobody's, by RFC 5737
Forbidden = pytest.fail.Exception


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: socket.create_connection(AWAY, timeout=1),
        lambda: socket.socket().connect(AWAY),
        lambda: socket.socket().connect_ex(AWAY),
        lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"", AWAY),
        lambda: socket.getaddrinfo("sunhome.example", 80),
        lambda: smtplib.SMTP("sunhome.example", timeout=1),
        lambda: urllib.request.urlopen("http://sunhome.example/", timeout=1),
    ],
    ids=["create", "connect", "connect_ex", "datagram", "name", "mail", "web"],
)
def test_the_outside_cannot_be_reached(attempt: Callable[[], Any]) -> None:
    with pytest.raises(Forbidden, match="a test"):
        attempt()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.9.9.9", "fe80::1%lo", ""])
def test_which_addresses_are_here(host: str) -> None:
    assert is_here(host) is (not host.startswith("fe80"))


@pytest.mark.parametrize("host", ["192.0.2.1", "example.org", "2001:db8::1", "127.0.0.1.example"])
def test_which_addresses_are_away(host: str) -> None:
    assert not is_here(host)


def test_a_request_opens_no_socket_at_all() -> None:
    """Not even to this machine: what a request wants to be sent, it writes down for a job."""
    app = Flask(__name__)
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        address = server.getsockname()
        with closing(socket.create_connection(address)):
            pass
        with app.test_request_context(), pytest.raises(Forbidden, match="a request of the portal"):
            socket.create_connection(address)
