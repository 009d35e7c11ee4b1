"""No test speaks to the outside, and no request of the portal to anybody at all."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import pytest
from flask import has_request_context

_connect, _connect_ex = socket.socket.connect, socket.socket.connect_ex
_sendto, _getaddrinfo = socket.socket.sendto, socket.getaddrinfo
HERE = {"localhost", "", None, socket.gethostname()}


def is_here(host: Any) -> bool:
    """Whether `host` is this machine, speaking to itself."""
    if host in HERE:
        return True
    try:
        address = ipaddress.ip_address(str(host).partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def is_address(host: str) -> bool:
    """Whether `host` is written as an address, so that nobody needs to be asked for it."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _check(opened: socket.socket, address: Any) -> None:
    if has_request_context():
        opened.close()
        pytest.fail(f"a request of the portal opened a socket to {address}", pytrace=True)
    if opened.family == getattr(socket, "AF_UNIX", None):
        return
    host = address[0] if isinstance(address, tuple) else address
    if not is_here(host.decode() if isinstance(host, bytes) else host):
        opened.close()
        pytest.fail(f"a test opened a socket to {address}", pytrace=True)


def forbid_the_outside() -> None:
    """From here on, this process reaches nobody but itself."""

    def connect(self: socket.socket, address: Any) -> None:
        _check(self, address)
        _connect(self, address)

    def connect_ex(self: socket.socket, address: Any) -> int:
        _check(self, address)
        return _connect_ex(self, address)

    def sendto(self: socket.socket, *args: Any) -> int:
        _check(self, args[-1])
        return _sendto(self, *args)

    def getaddrinfo(host: Any, *args: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if not is_here(name) and not is_address(name):
            pytest.fail(f"a test asked for the address of {name}", pytrace=True)
        return _getaddrinfo(host, *args, **options)

    setattr(socket.socket, "connect", connect)  # noqa: B010
    setattr(socket.socket, "connect_ex", connect_ex)  # noqa: B010
    setattr(socket.socket, "sendto", sendto)  # noqa: B010
    socket.getaddrinfo = getaddrinfo
