"""Writing an award down once its coins have moved, and telling those who received it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from sqlalchemy import Table, insert

from portal.base.db import session
from portal.coins.models import Award
from portal.coins.rules.plans import Plan, check_caps_of
from portal.notify.rules import tell_many


@dataclass(frozen=True, slots=True)
class Awarded:
    """An award by its number, the transfer that it made, and whose budget it came from.

    `waits`: it waits for a second pair of eyes. The number is that of the request then, and the
    transfer set the coins aside.
    """

    id: int
    transfer_id: int
    unit_id: int
    waits: bool = False


def record(meant: Plan, transfer_id: int, *, by_id: int, by_name: str) -> Awarded:
    """Write down whom the transfer was for and why. The wallets are locked: now the caps are
    certain. Raises Refused where one is passed."""
    row = {
        "transfer_id": transfer_id,
        "unit_id": meant.unit_id,
        "by_id": by_id,
        "value": meant.value,
        "reason": meant.reason,
        "amount": meant.amount,
        "head_count": len(meant.receivers),
    }
    number = session().connection().execute(_new_award(), row).scalar_one()
    given = Awarded(number, transfer_id, meant.unit_id)
    check_caps_of(meant, by_id, is_posted=True)
    _tell_receivers(meant, given.id, by_name)
    return given


@cache
def _new_award() -> Any:
    table = cast(Table, Award.__table__)
    return insert(table).returning(table.c.id)


def _tell_receivers(meant: Plan, award_id: int, by_name: str) -> None:
    tell_many(
        {
            "person_id": person.id,
            "kind": "coins.awarded",
            "key": f"award:{award_id}:{person.id}",
            "link": f"/coins/awards/{award_id}",
            "params": {
                "by": by_name,
                "amount": meant.amount,
                "value": meant.value,
                "words": meant.reason,
            },
        }
        for person in meant.receivers
    )
