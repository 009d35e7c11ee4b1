"""Birthdays: the team's, one's own, HR's coming month; and the commands."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

import click
from flask import request, url_for
from flask_babel import gettext as _

from portal.base import clock, words
from portal.base.access import Pages, Viewer, me, signed_in
from portal.base.db import transaction
from portal.base.pages import Answer, done, page
from portal.greetings import queries, rules
from portal.greetings.forms import BirthdayForm
from portal.greetings.models import BIRTHDAY, CALENDARS, Birthday
from portal.greetings.models.calendar import next_day
from portal.greetings.policy import may_forecast

PER_PAGE = 50
FORECAST_DAYS = 30
TEAM_DAYS, LEADER_DAYS = 14, 31
pages = Pages("greetings", __name__, url_prefix="/greetings", cli_group="greetings")


@pages.route("/", who=signed_in)
def index() -> Answer:
    """Whose birthday it is today, and the team's coming ones; leaders see the coming month."""
    viewer: Viewer = me._get_current_object()  # type: ignore[attr-defined]
    today = clock.today()
    leads = viewer.has("leader")
    last = today + timedelta(days=LEADER_DAYS if leads else TEAM_DAYS)
    team = queries.of_team(viewer, today, last, led=leads)
    everybody = [*(line for line in team if line.on == today), *queries.told_to_all(today)]
    mine = queries.birthday_of(viewer.id)
    my_day = next_day(mine, today) if mine else None
    return page(
        "greetings/index.html",
        today=list({line.person_id: line for line in everybody}.values()),
        coming=[line for line in team if line.on > today],
        leads=leads,
        may_forecast=may_forecast(viewer),
        mine=mine,
        my_day=my_day,
        days=(my_day - today).days if my_day else None,
        last=queries.last_greeting(viewer.id),
    )


@pages.route("/mine", methods=["GET", "POST"], who=signed_in)
def mine() -> Answer:
    """How I keep my birthday, and who is told."""
    kept = queries.birthday_of(me.id)
    form = BirthdayForm(obj=kept or Birthday(**DEFAULTS))
    if kept is None or (kept.calendar, kept.month, kept.day) != ("solar", 2, 29):
        del form.feb29
    if kept is None or kept.calendar != "lunar":
        del form.leap_rule
    if form.accepted():
        changed = rules.choose(me, **(_choices_of(kept) | form.values()))
        when = next_day(changed, clock.today())
        said = _("记住了，下一个生日是 %(day)s。", day=words.day(when)) if when else _("记住了。")
        return done(said, url_for("greetings.index"))
    return page(
        "greetings/mine.html",
        form=form,
        kept=kept,
        my_day=next_day(kept, clock.today()) if kept else None,
    )


DEFAULTS: dict[str, Any] = {
    "calendar": "solar",
    "tell": "team",
    "leap_rule": "first",
    "feb29": "feb28",
}


def _choices_of(kept: Birthday | None) -> dict[str, str]:
    """What is not asked for stays as it was."""
    return {name: getattr(kept, name) if kept else DEFAULTS[name] for name in DEFAULTS}


@pages.route("/forecast", who=may_forecast)
def forecast() -> Answer:
    """The coming thirty days: who is greeted and why, who is left out and why."""
    viewer: Viewer = me._get_current_object()  # type: ignore[attr-defined]
    today = clock.today()
    units = viewer.units_as("hr")
    lines = queries.forecast(
        today,
        today + timedelta(days=FORECAST_DAYS - 1),
        unit_ids=None if units is None else sorted(units),
        after=_after(),
        limit=PER_PAGE,
    )
    shown = lines[:PER_PAGE]
    mark = f"{shown[-1].on.isoformat()}-{shown[-1].person_id}" if len(lines) > PER_PAGE else None
    return page(
        "greetings/forecast.html",
        lines=shown,
        calendars=CALENDARS,
        coins=queries.coins_for(BIRTHDAY),
        next_url=url_for("greetings.forecast", after=mark) if mark else None,
    )


def _after() -> tuple[date, int] | None:
    match = re.fullmatch(
        r"([0-9]{4}-[0-9]{2}-[0-9]{2})-([0-9]{1,18})", request.args.get("after", ""), re.ASCII
    )
    try:
        return (date.fromisoformat(match[1]), int(match[2])) if match else None
    except ValueError:
        return None


# ---- commands -------------------------------------------------------------------------------

DAY = click.DateTime(["%Y-%m-%d"])


@pages.cli.command("due")
@click.option("--date", "on", type=DAY, help="The day; without it, today.")
def due(on: datetime | None) -> None:
    """Show whose birthday is kept on a day."""
    day = on.date() if on else clock.today()
    with transaction():
        rules.keep_birthdays()
        lines = queries.kept_on(day)
    _show(lines)


@pages.cli.command("forecast")
@click.option("--days", type=click.IntRange(1, 366), default=FORECAST_DAYS)
@click.option("--date", "on", type=DAY, help="The first day; without it, today.")
def forecast_command(days: int, on: datetime | None) -> None:
    """Show who will be greeted in the coming days, and who is left out."""
    first = on.date() if on else clock.today()
    with transaction():
        rules.keep_birthdays()
        lines = queries.forecast(first, first + timedelta(days=days - 1))
    _show(lines)


def _show(lines: list[queries.DueLine]) -> None:
    for line in lines:
        state = "greeted" if line.is_greeted else "due" if line.is_due else "wishes no greeting"
        team = line.team or "-"
        click.echo(
            f"{line.on} {line.staff_no:<10} {line.calendar:<6} {state:<18} {line.name} {team}"
        )
    count = Counter(line.calendar for line in lines)
    to_come = sum(line.is_due for line in lines)
    click.echo(
        f"{len(lines)} birthdays ({count['solar']} solar, {count['lunar']} lunar), {to_come} due."
    )
