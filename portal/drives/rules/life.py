"""A drive's life: prepared, opened, told about, closed."""

from __future__ import annotations

from datetime import date, timedelta

from flask_babel import gettext as _

from portal.base import clock
from portal.base.access import Viewer
from portal.base.db import session
from portal.base.errors import Refused
from portal.coins.models import AccountKind
from portal.coins.rules import account
from portal.drives import policy
from portal.drives.models import Drive, DriveState, DriveUpdate, SurplusRule
from portal.drives.queries import sites

LARGEST_GOAL_FEN = 1_000_000_000
LONGEST_DAYS = 366


def draft_drive(
    by: Viewer,
    *,
    title: str,
    story: str,
    goal_fen: int,
    opens_on: date,
    closes_on: date,
    surplus_rule: str,
    unit_id: int | None = None,
) -> Drive:
    """Prepare a drive, seen only by those who prepare drives. Raises Refused at the field."""
    drive = Drive(made_by_id=by.id)
    _write(
        drive,
        by,
        title=title,
        story=story,
        goal_fen=goal_fen,
        opens_on=opens_on,
        closes_on=closes_on,
        surplus_rule=surplus_rule,
        unit_id=unit_id,
    )
    session().add(drive)
    session().flush()
    return drive


def edit_drive(
    by: Viewer,
    drive: Drive,
    *,
    title: str,
    story: str,
    goal_fen: int,
    opens_on: date,
    closes_on: date,
    surplus_rule: str,
    unit_id: int | None = None,
) -> None:
    """Change a draft. Once it is open, what givers rely on stays. Raises Refused."""
    session().refresh(drive, with_for_update=True)
    if drive.state != DriveState.DRAFT:
        raise Refused(_("已经开放的义捐不能再改，有新情况请发一条进展。"), status=409)
    _write(
        drive,
        by,
        title=title,
        story=story,
        goal_fen=goal_fen,
        opens_on=opens_on,
        closes_on=closes_on,
        surplus_rule=surplus_rule,
        unit_id=unit_id,
    )
    session().flush()


def _write(
    drive: Drive,
    by: Viewer,
    *,
    title: str,
    story: str,
    goal_fen: int,
    opens_on: date,
    closes_on: date,
    surplus_rule: str,
    unit_id: int | None,
) -> None:
    if not 0 < goal_fen <= LARGEST_GOAL_FEN:
        raise Refused(_("目标要大于零，最多一千万元。"), "goal_fen")
    if closes_on < opens_on:
        raise Refused(_("结束的日子不能早于开始的日子。"), "closes_on")
    if closes_on - opens_on >= timedelta(days=LONGEST_DAYS):
        raise Refused(_("一次义捐最长一年。"), "closes_on")
    if surplus_rule not in set(SurplusRule):
        raise Refused(_("请从列出的里面选一个。"), "surplus_rule")
    if unit_id is not None and unit_id not in dict(sites()):
        raise Refused(_("没有这个站点。"), "unit_id")
    drive.title, drive.story, drive.goal_fen = title, story, goal_fen
    drive.opens_on, drive.closes_on = opens_on, closes_on
    drive.surplus_rule, drive.unit_id = SurplusRule(surplus_rule), unit_id
    drive.state = DriveState.DRAFT
    if not policy.may_prepare(by, drive):
        raise Refused(_("你只能为自己负责的站点发起义捐。"), "unit_id")


def open_drive(by: Viewer, drive: Drive) -> None:
    """Open a draft to all: from now on goal, dates and surplus rule stay. Raises Refused."""
    session().refresh(drive, with_for_update=True)
    if drive.state != DriveState.DRAFT:
        raise Refused(_("这次义捐已经开放了。"), status=409)
    if drive.closes_on < clock.today():
        raise Refused(_("结束的日子已经过去，请先改日期。"), "closes_on")
    drive.state, drive.opened_at, drive.opened_by_id = DriveState.OPEN, clock.now(), by.id
    session().flush()
    for currency in ("fen", "coin"):
        account(AccountKind.DRIVE, drive.id, currency=currency)


def close_drive(by: Viewer, drive: Drive, *, closing_note: str) -> None:
    """End a drive: no gift is taken any more, the money is held. Raises Refused."""
    session().refresh(drive, with_for_update=True)
    if drive.state == DriveState.DRAFT:
        raise Refused(_("还没有开放的义捐不用结束。"), status=409)
    if drive.state == DriveState.CLOSED:
        raise Refused(_("这次义捐已经结束了。"), status=409)
    drive.state, drive.closing_note = DriveState.CLOSED, closing_note
    drive.closed_at, drive.closed_by_id = clock.now(), by.id
    session().flush()


def post_update(by: Viewer, drive: Drive, *, words: str) -> DriveUpdate:
    """Tell all who see the drive how it goes. Raises Refused for a draft."""
    if drive.state == DriveState.DRAFT:
        raise Refused(_("开放以后才能发进展。"), status=409)
    row = DriveUpdate(drive_id=drive.id, words=words, posted_by_id=by.id)
    session().add(row)
    session().flush()
    return row
