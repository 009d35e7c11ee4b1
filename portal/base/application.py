"""The Flask application class: one transaction a request, refusals drawn at their field."""

from __future__ import annotations

import re
from typing import Any

from flask import Response, g, redirect, request
from flask_babel import gettext as _
from flask_openapi3 import OpenAPI
from werkzeug.exceptions import BadRequest

from portal.base import once
from portal.base.access import check_door, doors, me
from portal.base.db import attempt
from portal.base.errors import Refused, Replayed
from portal.base.pages import csrf, done

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
PLAIN_ENDPOINTS = frozenset({"static", "health.healthz"})
"""Endpoints that touch no record: no transaction, no viewer."""


class Portal(OpenAPI):
    """Runs each view inside one transaction, behind its door."""

    def dispatch_request(self) -> Any:
        if request.routing_exception is not None:
            self.raise_routing_exception(request)
        if request.endpoint in PLAIN_ENDPOINTS:
            return super().dispatch_request()
        try:
            return attempt(
                self._answer, read_only=request.method in SAFE_METHODS, keeps=_is_success
            )
        except Replayed as first:
            return _again(first)
        except Refused as refusal:
            if not g.get("form_drawn"):
                raise
            g.refusal = refusal
            response = attempt(self._answer, read_only=True, keeps=_is_success)
            if response.location is None:  # else the form is no longer to be had: go on from there
                response.status_code = refusal.status
            return response

    def _answer(self) -> Response:
        g.pop("request_key", None)  # of an attempt that was rolled back
        check_door()
        door = doors(self)[request.endpoint or ""]
        if door.scope and me.scopes is None and self.config["WTF_CSRF_ENABLED"]:
            csrf.protect()  # a browser at the API: its cookie alone opens nothing that writes
        keyed = door.keyed and not g.get("refusal")
        if keyed:
            once.claim(_idempotency_key(), me.id)
        response: Response = self.make_response(super().dispatch_request())
        if response.status_code < 400:
            body = response.get_data(as_text=True) if keyed else None
            once.remember(response.status_code, response.location, body)
        return response


def _is_success(response: Response) -> bool:
    return response.status_code < 400


def _idempotency_key() -> str:
    key = request.headers.get("Idempotency-Key", "")
    if not re.fullmatch(r"[!-~]{8,200}", key):
        raise BadRequest(
            _("请带上 Idempotency-Key：8 到 200 个可见的 ASCII 字符，每件事一个，重试时不变。")
        )
    return key


def _again(first: Replayed) -> Any:
    if first.body is not None:
        answer = Response(first.body, status=first.status, mimetype="application/json")
        answer.headers["Idempotent-Replayed"] = "true"
        return answer
    if first.location is None:  # a page was drawn, with something on it that is shown once only
        return done(
            _("这已经做好了，结果只显示一次。没有看到的话，请再做一次。"),
            request.full_path.rstrip("?"),
            tone="sun",
        )
    return redirect(first.location, code=first.status)
