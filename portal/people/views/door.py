"""The door of the house: who is asking, signing in and out, the own password and looks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import current_app, redirect, request, url_for
from flask import session as cookie
from flask_babel import gettext as _
from werkzeug.wrappers import Request

from portal.base.access import Viewer, everyone, login_manager, me, signed_in
from portal.base.db import note
from portal.base.pages import Answer, done, page, safe_next
from portal.people import queries, rules
from portal.people.forms import ChangePasswordForm, FirstRunForm, SignInForm
from portal.people.views.blueprints import pages

# ---- who is asking --------------------------------------------------------------------------


@login_manager.user_loader  # type: ignore[untyped-decorator]
def _of_cookie(token: str) -> Viewer | None:
    idle = timedelta(minutes=current_app.config["SUNHOME"].idle_minutes)
    found = queries.viewer_of_session(token, idle)
    if found is None:
        return None
    viewer, is_time_to_note = found
    if is_time_to_note and viewer.session_id is not None:
        seen = viewer.session_id
        note(lambda: rules.touch_session(seen))
    return viewer


@login_manager.request_loader  # type: ignore[untyped-decorator]
def _of_header(asked: Request) -> Viewer | None:
    """Bearer tokens open the API and nothing else."""
    kind, _space, token = asked.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token or not asked.path.startswith("/api/"):
        return None
    return queries.viewer_of_token(token.strip())


def _address() -> str:
    return request.remote_addr or ""


def _start_session(token: str) -> None:
    """A fresh cookie for a fresh session: nothing of the one before is carried over."""
    language = cookie.get("language")
    cookie.clear()
    cookie["_user_id"] = token
    cookie["_fresh"] = True
    if language:
        cookie["language"] = language


# ---- the door -------------------------------------------------------------------------------


@pages.route("/sign-in", methods=["GET", "POST"], who=everyone, while_changing_password=True)
def sign_in() -> Answer:
    """Sign in with staff number and password."""
    onward = safe_next(request.args.get("next"), url_for("home.index"))
    if me.is_authenticated and request.method == "GET":
        return redirect(onward, code=303)
    if queries.is_empty():
        return redirect(url_for("people.first_run"), code=303)
    form = SignInForm()
    if form.accepted():
        token = rules.sign_in(**form.values(), address=_address(), agent=request.user_agent.string)
        _start_session(token)
        return redirect(onward, code=303)
    return page("people/sign_in.html", form=form)


@pages.route("/sign-out", methods=["POST"], who=signed_in, while_changing_password=True)
def sign_out() -> Answer:
    """Sign this browser out."""
    if me.session_id is not None:
        rules.end_session(me.session_id, me.id)
    cookie.clear()
    return redirect(url_for("people.sign_in"), code=303)


@pages.route("/password", methods=["GET", "POST"], who=signed_in, while_changing_password=True)
def change_password() -> Answer:
    """Change the own password; the first one must be changed before anything else."""
    form = ChangePasswordForm()
    if form.accepted():
        token = rules.change_password(me, **form.values(), agent=request.user_agent.string)
        _start_session(token)
        return done(_("密码改好了，别处的登录都已退出。"), url_for("home.index"))
    return page("people/password.html", form=form)


@pages.route("/first-run", methods=["GET", "POST"], who=everyone)
def first_run() -> Answer:
    """An empty portal asks for its first administrator."""
    if not queries.is_empty():
        return redirect(url_for("people.sign_in"), code=303)
    form = FirstRunForm()
    if form.accepted():
        values: dict[str, Any] = form.values()
        rules.check_password(values["password"], staff_no=values["staff_no"], name=values["name"])
        person = rules.create_first_administrator(**values)
        _start_session(rules.open_session(person.id, request.user_agent.string))
        return done(_("欢迎！先把花名册导进来吧。"), url_for("home.index"))
    return page("people/first_run.html", form=form)


@pages.route("/language", methods=["POST"], who=everyone, while_changing_password=True)
def language() -> Answer:
    """Switch between 简体中文 and English, here and for good."""
    wanted = "en" if request.form.get("language") == "en" else "zh"
    cookie["language"] = wanted
    if me.is_authenticated:
        rules.set_language(me, wanted)
    return redirect(safe_next(request.form.get("next"), url_for("home.index")), code=303)


@pages.route("/theme", methods=["POST"], who=signed_in, while_changing_password=True)
def theme() -> Answer:
    """Light, dark, or as the device wishes."""
    rules.set_theme(me, request.form.get("theme", ""))
    return redirect(safe_next(request.form.get("next"), url_for("home.index")), code=303)
