"""The inbox, what is mailed to me, and the delivery log."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from flask import current_app, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from wtforms import SelectChoice  # type: ignore[attr-defined]  # newer than its types

from portal.base.access import Pages, load, me, signed_in
from portal.base.pages import Answer, done, page
from portal.notify import policy, queries, rules
from portal.notify.forms import MailForm
from portal.notify.models import Delivery, DeliveryState, Notice
from portal.notify.queries import worded

PER_PAGE = 25
pages = Pages("notify", __name__, url_prefix="/notify")


@pages.route("/", who=signed_in)
def index() -> Answer:
    """My notices, newest first; the unread ones first of all, as long as there are any."""
    unread = queries.unread(me.id)
    show = request.args.get("show")
    unread_only = show == "unread" or (show is None and unread > 0)
    found = queries.inbox(me.id, _after(), PER_PAGE, unread_only=unread_only)
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    current = "unread" if unread_only else "all"
    following = url_for("notify.index", show=current, after=_mark(shown[-1])) if more else None
    return page(
        "notify/index.html",
        entries=[(notice, worded(notice)) for notice in shown],
        number=unread,
        unread_only=unread_only,
        filters=[
            {
                "label": label,
                "url": url_for("notify.index", show=value),
                "active": value == current,
                "count": count,
            }
            for value, label, count in (("unread", _("未读"), unread), ("all", _("全部"), None))
        ],
        next_url=following,
    )


def _mark(notice: Notice) -> str:
    """Where the next page of the inbox begins: the moment and number of the last one shown."""
    return f"{notice.not_before.astimezone(UTC):%Y%m%d%H%M%S%f}-{notice.id}"


def _after() -> tuple[datetime, int] | None:
    match = re.fullmatch(r"([0-9]{20})-([0-9]{1,18})", request.args.get("after", ""), re.ASCII)
    if match is None:
        return None
    try:
        moment = datetime.strptime(match[1], "%Y%m%d%H%M%S%f").replace(tzinfo=UTC)
    except ValueError:
        return None
    return moment, int(match[2])


@pages.route("/<int:notice_id>/read", methods=["POST"], who=signed_in)
def read(notice_id: int) -> Answer:
    """Mark one as read, and go where it leads."""
    notice = load(Notice, notice_id, see=policy.may_see)
    rules.read(notice)
    return redirect(notice.link or url_for("notify.index"), code=303)


@pages.route("/read-all", methods=["POST"], who=signed_in)
def read_all() -> Answer:
    """Mark all as read."""
    rules.read_all(me)
    return done(_("都读过了。"), url_for("notify.index", show="all"))


@pages.route("/mail", methods=["GET", "POST"], who=signed_in)
def mail() -> Answer:
    """Which kinds of notice are also mailed to me."""
    kinds = queries.kinds()
    off = queries.kinds_not_mailed(me.id)
    form = MailForm(data={"mail": [kind for kind in kinds if kind not in off]})
    form.mail.choices = [SelectChoice(kind, queries.about(kind)) for kind in kinds]
    if form.accepted():
        rules.choose_mail(me, **form.values())
        return done(_("记住了。"), url_for("notify.mail"))
    has_mail = bool(current_app.config["SUNHOME"].mail_server)
    return page("notify/mail.html", form=form, has_mail=has_mail)


# ---- the delivery log -----------------------------------------------------------------------

SHOWN = {
    "dead": (DeliveryState.DEAD,),
    "waiting": (DeliveryState.PENDING, DeliveryState.SENDING),
    "sent": (DeliveryState.SENT, DeliveryState.SKIPPED),
}


@pages.route("/deliveries", who=policy.may_watch_mail)
def deliveries() -> Answer:
    """The mail on its way: sent, waiting, given up. Never what is in it."""
    dead = queries.dead_letters()
    asked = request.args.get("show", "")
    show = asked if asked in SHOWN else ("dead" if dead else "sent")
    after = request.args.get("after", "")
    number = int(after) if after.isascii() and after.isdigit() and len(after) < 19 else None
    found = queries.deliveries(SHOWN[show], number, PER_PAGE)
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    labels = {"dead": _("送不出去"), "waiting": _("等待发送"), "sent": _("已处理")}
    following = url_for("notify.deliveries", show=show, after=shown[-1][0].id) if more else None
    context: dict[str, Any] = {"server": current_app.config["SUNHOME"].mail_server}
    return page(
        "notify/deliveries.html",
        rows=[(delivery, queries.about(kind), name) for delivery, kind, name in shown],
        show=show,
        dead=dead,
        filters=[
            {
                "label": label,
                "url": url_for("notify.deliveries", show=value),
                "active": value == show,
                "count": dead if value == "dead" else None,
            }
            for value, label in labels.items()
        ],
        next_url=following,
        **context,
    )


@pages.route("/deliveries/<int:delivery_id>/retry", methods=["POST"], who=policy.may_watch_mail)
def retry(delivery_id: int) -> Answer:
    """Send a dead letter again."""
    delivery = load(Delivery, delivery_id, see=policy.may_retry)
    rules.revive(delivery)
    return done(_("会再试着发送。"), url_for("notify.deliveries"))


@pages.route("/deliveries/retry-all", methods=["POST"], who=policy.may_watch_mail)
def retry_all() -> Answer:
    """Send all dead letters again."""
    number = rules.revive_all()
    said = ngettext("%(num)s 封邮件会再试着发送。", "%(num)s 封邮件会再试着发送。", number)
    return done(said, url_for("notify.deliveries"))
