"""The own keys: where one is signed in, and tokens for one's programs."""

from __future__ import annotations

from datetime import timedelta

import click
from flask import current_app, url_for
from flask_babel import gettext as _

from portal.base import clock
from portal.base.access import load, me, signed_in
from portal.base.db import transaction
from portal.base.errors import Refused
from portal.base.pages import Answer, done, page
from portal.people import policy, queries, rules
from portal.people.forms import SCOPE_LABELS, SureForm, TokenForm
from portal.people.models import ApiToken, WebSession
from portal.people.views.blueprints import pages, tokens
from portal.people.views.commands import in_words


@pages.route("/sessions", who=signed_in)
def sessions() -> Answer:
    """Where am I signed in?"""
    idle = timedelta(minutes=current_app.config["SUNHOME"].idle_minutes)
    return page("people/sessions.html", sessions=queries.sessions_of(me.id, idle))


@pages.route("/sessions/<int:session_id>/end", methods=["POST"], who=signed_in)
def end_session(session_id: int) -> Answer:
    """Sign out another browser."""
    found = load(WebSession, session_id, see=policy.may_see_token)
    rules.end_session(found.id, me.id)
    return done(_("那边已经退出了。"), url_for("people.sessions"))


@pages.route("/sessions/end-others", methods=["POST"], who=signed_in)
def end_other_sessions() -> Answer:
    """Sign out everywhere but here."""
    count = rules.end_sessions(me.id, but=me.session_id)
    says = _("别处都退出了。") if count else _("别处没有登录。")
    return done(says, url_for("people.sessions"))


@tokens.route("/", who=signed_in)
def index() -> Answer:
    """My tokens: what each may do, until when."""
    return page("people/tokens.html", tokens=queries.tokens_of(me.id), labels=SCOPE_LABELS,
                today=clock.today())  # fmt: skip


@tokens.route("/new", methods=["GET", "POST"], who=signed_in)
def new() -> Answer:
    """Make a token for a program; it is shown once."""
    form = TokenForm()
    if form.accepted():
        row, token = rules.make_token(me, **form.values())
        return page("people/token_made.html", row=row, token=token)
    return page("people/token_new.html", form=form)


@tokens.route("/<int:token_id>/revoke", methods=["GET", "POST"], who=signed_in)
def revoke(token_id: int) -> Answer:
    """End a token now."""
    token = load(ApiToken, token_id, see=policy.may_see_token)
    form = SureForm()
    if form.accepted():
        rules.revoke_token(token)
        return done(_("停用了，用它的程序马上连不上了。"), url_for("tokens.index"))
    return page("people/token_revoke.html", form=form, token=token)


@tokens.cli.command("create")
@click.option("--staff-no", required=True, help="Whose token it is.")
@click.option("--scopes", required=True, help="What it may do, separated by spaces.")
@click.option("--days", default=90, show_default=True, type=click.IntRange(1, 366))
@click.option("--name", default="command", show_default=True, help="What it is for.")
def create_token(staff_no: str, scopes: str, days: int, name: str) -> None:
    """Make a bearer token for somebody's programs and print it, once."""
    with in_words(), transaction():
        found = queries.by_staff_no(staff_no)
        owner = queries.viewer_of_person(found.id) if found else None
        if owner is None:
            raise Refused(_("没有工号是 %(number)s 的在职账号。", number=staff_no))
        _row, token = rules.make_token(
            owner,
            name=name[:80],
            scopes=scopes.replace(",", " ").split(),
            expires_on=clock.today() + timedelta(days=days),
        )
        click.echo(token)
