"""The cookie of a signed-in browser: Secure always, but on this very machine without https."""

from __future__ import annotations

from flask import Flask, request
from flask.sessions import SecureCookieSessionInterface

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})


class Cookies(SecureCookieSessionInterface):
    """Sets `Secure` unless the portal is opened over plain http on the loopback address.

    There no network carries the cookie, and half of all HTTP clients would not send it back.
    """

    def get_cookie_secure(self, _app: Flask) -> bool:
        host = request.host.rpartition(":")[0] if request.host.count(":") else request.host
        return request.is_secure or (host or request.host) not in LOOPBACK
