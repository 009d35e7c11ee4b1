"""Drives and gifts for programs: the same policies, rules and mask as the pages."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from pydantic import BaseModel, Field, StrictInt

from portal.base import clock
from portal.base.access import load, me, signed_in
from portal.base.api import Api, Body, KeysetQuery
from portal.base.errors import Refused
from portal.base.forms import CONTROL, clean
from portal.drives import policy, queries, rules
from portal.drives.models import Drive, DriveState, Gift, Shown
from portal.drives.queries import GiftLine, Totals
from portal.people.queries import by_staff_no

api = Api("drives", __name__)


class DrivePath(BaseModel):
    drive_id: int


class DriveOut(BaseModel):
    """A drive with what it holds: money in fen and coins, two units that never mix."""

    id: int
    title: str
    story: str
    phase: str
    goal_fen: int
    raised_fen: int
    raised_coins: int
    opens_on: str
    closes_on: str
    surplus_rule: str
    closing_note: str | None


class DrivesOut(BaseModel):
    drives: list[DriveOut]
    next: str | None


class GiftOut(BaseModel):
    """A gift as its reader may see it: `giver` is null where they are not told."""

    id: int
    kind: str
    shown: str
    giver: str | None
    amount_fen: int | None
    amount_coins: int | None
    message: str | None
    receipt_no: int | None
    given_on: str
    reversed: bool


class GiftsOut(BaseModel):
    gifts: list[GiftOut]
    next: str | None


class CoinsBody(Body):
    """A gift of coins out of the own wallet."""

    amount: StrictInt = Field(ge=1, le=rules.LARGEST_COINS, description="Coins")
    shown: Shown = Shown.PUBLIC
    message: str | None = Field(None, max_length=200)


class CashBody(Body):
    """Cash that was handed over and counted by two: you, and `counted_by`."""

    amount_fen: StrictInt = Field(ge=1, le=rules.LARGEST_CASH_FEN)
    shown: Shown
    counted_by: str = Field(max_length=30, description="Staff number")
    giver: str | None = Field(None, max_length=30, description="Staff number of a colleague")
    giver_name: str | None = Field(None, max_length=60, description="Of somebody from outside")
    message: str | None = Field(None, max_length=200)


def drive_json(drive: Drive, totals: Totals) -> dict[str, Any]:
    return {
        "id": drive.id,
        "title": drive.title,
        "story": drive.story,
        "phase": drive.phase_on(clock.today()).value,
        "goal_fen": drive.goal_fen,
        "raised_fen": totals.fen,
        "raised_coins": totals.coins,
        "opens_on": drive.opens_on.isoformat(),
        "closes_on": drive.closes_on.isoformat(),
        "surplus_rule": drive.surplus_rule,
        "closing_note": drive.closing_note,
    }


def gift_json(line: GiftLine) -> dict[str, Any]:
    return {
        "id": line.id,
        "kind": line.kind,
        "shown": line.shown,
        "giver": line.giver,
        "amount_fen": line.amount_fen,
        "amount_coins": line.amount_coins,
        "message": line.message,
        "receipt_no": line.receipt_no,
        "given_on": line.given_on.isoformat(),
        "reversed": line.is_reversed,
    }


def _after(query: KeysetQuery) -> int | None:
    typed = query.after
    if typed is None:
        return None
    if not (typed.isascii() and typed.isdigit() and len(typed) < 19):
        raise Refused(_("after 要用上一页给出的 next。"), "after")
    return int(typed)


def _text(typed: str | None, field: str) -> str | None:
    """Cleaned as the forms clean it; empty is none. Raises Refused for control characters."""
    cleaned = clean(typed)
    if CONTROL.search(cleaned):
        raise Refused(_("这里有看不见的控制字符，请删去后再试。"), field)
    return " ".join(cleaned.split()) or None


def _person(staff_no: str | None, field: str) -> int | None:
    typed = _text(staff_no, field)
    if typed is None:
        return None
    found = by_staff_no(typed)
    if found is None:
        raise Refused(_("没有找到这位在职的同事。"), field)
    return found.id


def _line(gift: Gift) -> dict[str, Any]:
    return gift_json(queries.receipt_of(me, gift).gift)


@api.get("/", who=signed_in, scope="drives:read", responses={"200": DrivesOut})
def drives(query: KeysetQuery) -> Any:
    """The drives you may see, the newest first"""
    found = queries.newest(me, after=_after(query), limit=query.limit)
    lines = found[: query.limit]
    held = queries.totals(drive.id for drive in lines)
    more = str(lines[-1].id) if len(found) > query.limit else None
    return {"drives": [drive_json(drive, held[drive.id]) for drive in lines], "next": more}


@api.get("/<int:drive_id>", who=signed_in, scope="drives:read", responses={"200": DriveOut})
def drive(path: DrivePath) -> Any:
    """One drive with its totals"""
    found = load(Drive, path.drive_id, see=policy.may_see)
    return drive_json(found, queries.totals([found.id])[found.id])


@api.get("/<int:drive_id>/gifts", who=signed_in, scope="drives:read", responses={"200": GiftsOut})
def gifts(path: DrivePath, query: KeysetQuery) -> Any:
    """The gifts to a drive, the latest first, with the names that you may see"""
    found = load(Drive, path.drive_id, see=policy.may_see)
    if found.state == DriveState.DRAFT:
        return {"gifts": [], "next": None}
    wall = queries.wall(me, found, after=_after(query), limit=query.limit)
    return {
        "gifts": [gift_json(line) for line in wall.lines],
        "next": str(wall.after) if wall.after is not None else None,
    }


@api.post(
    "/<int:drive_id>/gifts",
    who=signed_in,
    scope="drives:write",
    keyed=True,
    responses={"201": GiftOut},
)
def give(path: DrivePath, body: CoinsBody) -> Any:
    """Give coins out of your own wallet"""
    found = load(Drive, path.drive_id, see=policy.may_see, may=policy.may_give)
    gift = rules.give_coins(
        me,
        found,
        amount=body.amount,
        shown=body.shown,
        message=_text(body.message, "message"),
    )
    return _line(gift), 201


@api.post(
    "/<int:drive_id>/cash",
    who=policy.is_committee,
    scope="drives:write",
    keyed=True,
    responses={"201": GiftOut},
)
def cash(path: DrivePath, body: CashBody) -> Any:
    """Write down cash that you and another person counted"""
    found = load(Drive, path.drive_id, see=policy.may_see, may=policy.may_keep)
    counter = _person(body.counted_by, "counted_by")
    if counter is None:
        raise Refused(_("要由两个人清点，请填另一位同事。"), "counted_by")
    gift = rules.record_cash(
        me,
        found,
        amount_fen=body.amount_fen,
        shown=body.shown,
        counted_by_id=counter,
        giver_id=_person(body.giver, "giver"),
        giver_name=_text(body.giver_name, "giver_name"),
        message=_text(body.message, "message"),
    )
    return _line(gift), 201
