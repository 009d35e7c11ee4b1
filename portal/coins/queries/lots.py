"""Lots: coins by the month they came in, and until when they last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from portal.base.db import session
from portal.coins.models import Lapse, WalletMonth


@dataclass(frozen=True, slots=True)
class Lot:
    """What is left of a month's coins. `month`: the first day of it."""

    month: date
    left: int


def lots(account_id: int, balance: int) -> list[Lot]:
    """What is left in a wallet by the month it came in, the oldest first; it adds up to `balance`.

    The oldest are used first, so what is left are the latest: a month keeps as much of the balance
    as the months after it leave over.
    """
    found: list[Lot] = []
    months = session().execute(
        select(WalletMonth.month, WalletMonth.lot)
        .where(WalletMonth.account_id == account_id, WalletMonth.lot > 0)
        .order_by(WalletMonth.month.desc())
    )
    for month, lot in months:
        if balance <= 0:
            break
        found.append(Lot(date.fromisoformat(f"{month}-01"), min(lot, balance)))
        balance -= lot
    return found[::-1]


def last_day(month: date, expiry: int) -> date:
    """Until when coins of `month` last: the end of the month `expiry` months later."""
    after = month.year * 12 + month.month + expiry
    return date(after // 12, after % 12 + 1, 1) - timedelta(days=1)


def due_month(day: date, expiry: int) -> str:
    """The latest month whose coins last until `day` or less: "2025-03"."""
    tomorrow = day + timedelta(days=1)
    at = tomorrow.year * 12 + tomorrow.month - 2 - expiry
    return f"{at // 12:04d}-{at % 12 + 1:02d}"


@dataclass(frozen=True, slots=True)
class Told:
    """Coins of which the owner was told that they last until a day."""

    amount: int
    until: date


def told_lapses(account_id: int) -> list[Told]:
    """What will lapse of a wallet as its owner was told, the next first."""
    rows = session().execute(
        select(Lapse.amount, Lapse.until)
        .where(Lapse.account_id == account_id, Lapse.ended_on.is_(None), Lapse.told_on.is_not(None))
        .order_by(Lapse.until)
    )
    return [Told(*row) for row in rows]
