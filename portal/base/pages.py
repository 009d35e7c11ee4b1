"""What every page has: its frame, its safety headers, and the answer when something goes wrong."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import (
    Flask,
    Response,
    flash,
    g,
    has_request_context,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError, CSRFProtect
from sqlalchemy.exc import DBAPIError, OperationalError
from werkzeug.exceptions import HTTPException, InternalServerError, Unauthorized

from portal.base import drawing, once, words
from portal.base.access import PasswordFirst, Viewer, me
from portal.base.api import is_api_request, problem
from portal.base.errors import Refused
from portal.base.room import MenuEntry

Answer = ResponseReturnValue
csrf = CSRFProtect()


@dataclass(slots=True)
class Frame:
    """What the rooms put into the frame of each page; filled once by create_app."""

    menu: tuple[MenuEntry, ...] = ()
    unread: Callable[[int], int] = lambda _person_id: 0


@dataclass(frozen=True, slots=True)
class MenuItem:
    """A line of the menu as this viewer sees it on this page."""

    label: Any
    endpoint: str
    icon: str
    active: bool
    url: str


def page(template: str, *, status: int | None = None, **context: Any) -> Answer:
    """Draw a page. 422 when a form on it has errors, so that nobody takes it for done."""
    if status is None:
        status = 422 if any(getattr(part, "errors", None) for part in context.values()) else 200
    return render_template(template, **context), status


def done(message: str, url: str, *, tone: str = "leaf") -> Answer:
    """Say that it is done, and go on to `url`."""
    flash(message, tone)
    return redirect(url, code=303)


def safe_next(target: str | None, default: str) -> str:
    """`target` when it is a path of this portal, else `default`: never another host."""
    if not target or not target.startswith("/") or target[1:2] in {"/", "\\"}:
        return default
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or any(ord(sign) < 32 for sign in target):
        return default
    return target


def nonce() -> str:
    """This answer's mark on its own scripts."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    return str(g.nonce)


@lru_cache(maxsize=256)
def _asset_hash(path: str, _mtime: float) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:10]


@lru_cache(maxsize=1024)
def _path_to(endpoint: str, _root: str) -> str:
    """The path of an endpoint without arguments. The same for all requests under one root."""
    return url_for(endpoint)


def path_to(endpoint: str) -> str:
    return _path_to(endpoint, request.script_root)


def menu_items(viewer: Viewer, entries: Sequence[MenuEntry]) -> list[MenuItem]:
    """The menu as `viewer` sees it on this page."""
    room = (request.endpoint or "").partition(".")[0]
    return [
        MenuItem(
            str(entry.label),
            entry.endpoint,
            entry.icon,
            entry.endpoint.partition(".")[0] == room,
            path_to(entry.endpoint),
        )
        for entry in entries
        if entry.who(viewer)
    ]


def install(app: Flask) -> None:
    """Set up the frame of pages: template globals, headers, errors, CSRF."""
    frame = app.extensions["sunhome_frame"] = Frame()
    csrf.init_app(app)
    drawing.install(app.jinja_env)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    static = Path(app.static_folder or "")

    @lru_cache(maxsize=256)
    def asset(name: str) -> str:
        path = static / name
        version = _asset_hash(str(path), path.stat().st_mtime)
        return f"{app.static_url_path}/{name}?v={version}"

    app.jinja_env.globals.update(asset=asset, csp_nonce=nonce, new_request_key=once.new_key)

    def framed() -> dict[str, Any]:
        if not has_request_context() or g.get("bare"):
            return {"locale": words.language(), "theme": "auto", "menu": [], "signed_in": False}
        if "frame" not in g:
            g.frame = _frame_of_page(frame)
        frame_of_page: dict[str, Any] = g.frame
        return frame_of_page

    app.context_processor(framed)
    app.after_request(_safety_headers)
    for kind in (HTTPException, Refused, DBAPIError, Exception):
        app.register_error_handler(kind, _answer_error)


def _frame_of_page(frame: Frame) -> dict[str, Any]:
    """What page.html draws around every page. A part swapped into a page has no frame."""
    viewer: Viewer = me._get_current_object()  # type: ignore[attr-defined]
    signed = bool(viewer.is_authenticated)
    whole = signed and "HX-Request" not in request.headers
    return {
        "me": viewer,
        "signed_in": signed,
        "menu": menu_items(viewer, frame.menu) if whole else [],
        "unread": frame.unread(viewer.id) if whole else 0,
        "locale": words.language(),
        "theme": viewer.theme,
        "me_place": f"{viewer.staff_no} · {viewer.place_name}" if signed else "",
        "bell_url": path_to("notify.index"),
        "language_url": path_to("people.language"),
        "theme_url": path_to("people.theme"),
        "sign_out_url": path_to("people.sign_out"),
    }


def _safety_headers(response: Response) -> Response:
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    policy = (
        "default-src 'none'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
        f"manifest-src 'self'; script-src 'nonce-{nonce()}'"
    )
    response.headers.setdefault("Content-Security-Policy", policy)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if request.endpoint == "static":
        if request.args.get("v"):
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response
    response.headers["Cache-Control"] = "no-store"
    response.vary.add("Cookie")
    response.vary.add("Accept-Language")
    return response


TITLES = {
    400: (_l("这个请求看不懂"), _l("什么也没有改动。请回到上一页，再试一次。")),
    403: (_l("这里不对你开放"), _l("如果工作需要，请联系人力资源部。")),
    404: (_l("没有找到"), _l("它可能已经移走，或者不是给你看的。")),
    405: (_l("这个请求看不懂"), _l("什么也没有改动。请回到上一页，再试一次。")),
    409: (_l("已经有人先改过了"), _l("什么也没有改动。请看看现在的样子，再决定。")),
    413: (_l("内容太大了"), _l("请换一个小一点的文件，再试一次。")),
    422: (_l("这样不行"), _l("什么也没有改动。")),
    429: (_l("试得太勤了"), _l("请歇一歇，过几分钟再来。")),
    500: (_l("我们这边出错了"), _l("什么也没有改动，错误已经记下。请稍后再试。")),
    503: (_l("现在有点忙"), _l("什么也没有改动。请过一会儿再试，你填的内容还在。")),
}


def _answer_error(error: Exception) -> Answer:
    """One answer for every kind of error, for people and for programs."""
    status, detail = 500, ""
    if isinstance(error, Refused):
        status, detail = error.status, error.message
    elif isinstance(error, PasswordFirst):
        if not is_api_request():
            return redirect(url_for("people.change_password"), code=303)
        status = 403
    elif isinstance(error, CSRFError):
        status, detail = 400, _("页面开得太久了，请重新打开再提交。你填的内容还在上一页里。")
    elif isinstance(error, HTTPException):
        if error.response is not None or (error.code or 500) < 400:
            return error  # an answer in its own right: a redirect, a ready problem
        status = error.code or 500
        detail = str(error.description or "") if status == 400 and is_api_request() else ""
    elif isinstance(error, OperationalError):
        status = 503
    if status == 401 or isinstance(error, Unauthorized):
        return _ask_to_sign_in()
    if status >= 500:
        g.bare = True
        _log(error, status)
    field = getattr(error, "field", None)
    return error_page(status, detail, field)


def _ask_to_sign_in() -> Answer:
    if is_api_request():
        answer = problem(401, _("请先登录"), _("请带上 Authorization: Bearer 令牌。"))
        answer.headers["WWW-Authenticate"] = "Bearer"
        return answer
    target = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("people.sign_in", next=target if target != "/" else None), code=303)


def _log(error: Exception, status: int) -> None:
    from flask import current_app

    g.reference = secrets.token_hex(4)
    cause = error.original_exception if isinstance(error, InternalServerError) else error
    current_app.logger.error(
        "request failed: %s %s status=%s ref=%s",
        request.method, request.path, status, g.reference, exc_info=cause,
    )  # fmt: skip


def error_page(status: int, detail: str = "", field: str | None = None) -> Answer:
    """The page (or problem) for `status`, with words for what happened and what to do."""
    title, text = TITLES.get(status, TITLES[500 if status >= 500 else 400])
    if is_api_request():
        errors = [{"field": field, "message": detail}] if field else []
        return problem(status, str(title), detail or str(text), errors)  # type: ignore[arg-type]
    context = {"code": status, "title": title, "text": detail or text, "ref": g.get("reference")}
    return render_template("errors/page.html", **context), status
