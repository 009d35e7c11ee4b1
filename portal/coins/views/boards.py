"""Boards, and what a team wishes for together."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from flask import Response, abort, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.base import clock, pictures
from portal.base.access import LARGEST_ID, me, signed_in
from portal.base.pages import Answer, done, page
from portal.base.sheets import write_csv
from portal.coins import policy, queries, rules
from portal.coins.forms import BoardsForm, GoalForm
from portal.coins.models import GoalKind, Value
from portal.coins.queries import Period, Span
from portal.coins.queries.fairness import STEPS
from portal.coins.views.blueprints import pages
from portal.coins.views.leader import chips_of, chosen_unit
from portal.coins.views.own import PAGE, by_month, month_name

SHOWS = {
    "own": _l("我自己"),
    "mates": _l("我们班组"),
    "teams": _l("各班组"),
    "values": _l("闪光点"),
}
MOST_EXPORTED = 20_000


def period_asked() -> tuple[Span, bool, Period]:
    """The month or quarter that was asked for, this one or the one before; 404 for another."""
    span, before = request.args.get("span", "month"), request.args.get("before", "")
    if span not in set(Span) or before not in {"", "1"}:
        abort(404)
    period = queries.period_of(clock.today(), Span(span))
    if before:
        period = queries.period_of(period.first - timedelta(days=1), Span(span))
    return Span(span), bool(before), period


def _show_asked() -> str:
    show = request.args.get("show", "own")
    return show if show in SHOWS else abort(404)


def _after() -> tuple[int, int] | None:
    """Where this page of the teams begins; 404 for what no page ever said."""
    text = request.args.get("after", "")
    if not text:
        return None
    parts = text.split(".")
    if len(parts) != 2 or not all(part.isascii() and part.isdigit() for part in parts):
        abort(404)
    per_head, unit_id = int(parts[0]), int(parts[1])
    return (per_head, unit_id) if max(per_head, unit_id) <= LARGEST_ID else abort(404)


def own_team() -> int | None:
    """The team (or department) that the viewer works in."""
    return me.place[0] if me.place else None


@pages.route("/boards", who=signed_in)
def boards() -> Answer:
    """The own trend and the team's goal first; then the own team, all teams, and the values."""
    show, (span, before, period) = _show_asked(), period_asked()
    team, today = own_team(), clock.today()
    context: dict[str, Any] = {}
    if show == "own":
        wallet = queries.wallet_with_months(me.id)
        context = {"wallet": wallet, "picture": by_month(wallet), "goal": queries.goal(team, today)}
    elif show == "mates":
        context = {"mates": queries.mates(team, period)}
    elif show == "teams":
        found = queries.teams(period, _after(), PAGE)
        more, last = found[PAGE:], found[PAGE - 1 : PAGE]
        after = f"{last[0].per_head}.{last[0].unit_id}" if more else None
        next_url = _url(show, span, before, after) if after else None
        context = {"teams": found[:PAGE], "next_url": next_url}
    else:
        context = {"picture": _values_picture(period)}
    return page(
        "coins/boards.html",
        show=show,
        span=span,
        before=before,
        shows=[{"label": label, "url": _url(name, span, before), "active": name == show}
               for name, label in SHOWS.items()],
        spans=_spans(show, span, before),
        period_name=period_name(period),
        is_on=queries.is_on_boards(me.id),
        team=me.place_name,
        export_url=_url(show, span, before, endpoint="coins.boards_csv"),
        **context,
    )  # fmt: skip


def _url(
    show: str, span: str, before: bool, after: str | None = None, endpoint: str = "coins.boards"
) -> str:
    return url_for(endpoint, show=show, span=span, before=int(before) or None, after=after)


def _spans(show: str, span: Span, before: bool) -> list[dict[str, object]]:
    names = {
        (Span.MONTH, False): _("这个月"), (Span.MONTH, True): _("上个月"),
        (Span.QUARTER, False): _("这个季度"), (Span.QUARTER, True): _("上个季度"),
    }  # fmt: skip
    return [
        {"label": name, "url": _url(show, *place), "active": place == (span, before)}
        for place, name in names.items()
    ]


def period_name(period: Period) -> str:
    """The period as people say it."""
    if len(period.months) == 1:
        return month_name(period.first)
    return f"{month_name(period.first, short=True)} – {month_name(period.last, short=True)}"


def _values_picture(period: Period) -> pictures.Bars | None:
    found = queries.values(period)
    if not found:
        return None
    labels = [value.label for value in Value]
    return pictures.bars([found.get(value, 0) for value in Value], 560, 140, labels)


@pages.route("/boards.csv", who=signed_in)
def boards_csv() -> Answer:
    """A board as a table: the same lines as on the page."""
    show, (_span, _before, period) = _show_asked(), period_asked()
    rows: list[list[object]]
    if show == "teams":
        rows = [[_("班组"), _("人均金币")]]
        rows += [[line.name, line.per_head / 100]
                 for line in queries.teams(period, limit=MOST_EXPORTED)]  # fmt: skip
    elif show == "values":
        rows = [[_("闪光点"), _("次数")]]
        rows += [[Value(name).label, count] for name, count in queries.values(period).items()]
    elif show == "mates":
        rows = [[_("姓名"), _("收到的金币")]]
        rows += [[line.name, line.coins] for line in queries.mates(own_team(), period)]
    else:
        received = queries.wallet_with_months(me.id).received
        rows = [[_("月份"), _("收到的金币")], *([month, received[month]] for month in received)]
    name = f"boards-{show}-{period.key}.csv"
    return Response(
        write_csv(rows),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@pages.route("/boards/choose", methods=["GET", "POST"], who=signed_in)
def choose_boards() -> Answer:
    """Leave every board, or come back."""
    form = BoardsForm()
    if form.accepted():
        rules.choose_boards(me, **form.values())
        told = _("好的，你可以出现在榜上了。") if form.values()["on"] else _(
            "好的，从现在起哪个榜上都没有你。")  # fmt: skip
        return done(told, url_for("coins.index"))
    if request.method == "GET":
        form.on.data = "yes" if queries.is_on_boards(me.id) else "no"
    return page("coins/boards_choose.html", form=form)


# ---- a leader's look at the team ---------------------------------------------------------------


@pages.route("/team", who=policy.may_open_budget)
def team() -> Answer:
    """How recognition is spread over the team, how the budget was used, and the team's goal."""
    units = queries.units_led(me)
    unit, today = chosen_unit(units), clock.today()
    spread, used = queries.spread(unit.id, today), queries.use_by_month(unit.id, today)
    return page(
        "coins/team.html",
        unit=unit,
        chips=chips_of(units, unit, "coins.team"),
        spread=spread,
        spread_picture=pictures.bars(spread, 560, 140, _steps()) if spread else None,
        use_picture=pictures.bars(list(used.values()), 560, 140, [_month(key) for key in used]),
        used=sum(used.values()),
        goal=queries.goal(unit.id, today),
        fairness=queries.fairness(me.id, unit.id, today),
        quarter=period_name(queries.period_of(today, Span.QUARTER)),
    )


def _steps() -> list[str]:
    """The words under the columns of the spread."""
    ends = [f"{low + 1}–{high}" for low, high in pairwise(STEPS)]
    return ["0", *ends, f"{STEPS[-1] + 1}+"]


def _month(key: str) -> str:
    return month_name(date(int(key[:4]), int(key[5:]), 1), short=True)


@pages.route("/goal", methods=["GET", "POST"], who=policy.may_open_budget)
def goal() -> Answer:
    """Choose what the team wishes for together this month."""
    units = queries.units_led(me)
    unit, form = chosen_unit(units), GoalForm()
    if form.accepted():
        rules.set_goal(me, unit_id=unit.id, **form.values())
        return done(_("定好了，全班组都看得到。"), url_for("coins.team", unit=unit.id))
    if request.method == "GET":
        known = queries.goal(unit.id, clock.today())
        form.kind.data = (known.kind if known else GoalKind.EVERYBODY).value
    return page("coins/goal.html", form=form, unit=unit)
