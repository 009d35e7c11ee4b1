"""What one person may be awarded in a month: by everybody, and by the same giver."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from flask_babel import gettext as _

from portal.base import words
from portal.base.errors import Refused
from portal.coins import queries
from portal.coins.models import RuleName
from portal.coins.rules.ledger import coins


def check_caps(
    numbers: Mapping[str, int],
    names: Mapping[int, str],
    *,
    giver_id: int,
    amount: int,
    day: date,
    anybody: str = "",
    is_posted: bool = False,
) -> None:
    """Raises Refused where somebody would have more of the month of `day` than the house allows.

    `names`: of the receivers, by wallet; `anybody`: one of them, who may have none yet. Only when
    `is_posted` it is certain: the wallets are locked then, and what is asked about has gone in.
    """
    for rule, of_giver, told in (
        (RuleName.MOST_RECEIVED, None, _told_received),
        (RuleName.MOST_OF_PAIR, giver_id, _told_pair),
    ):
        most = numbers.get(rule, 0)
        if not most:
            continue
        new = 0 if is_posted else amount
        for wallet, had in queries.awarded_in_month(list(names), day, of_giver, most - new).items():
            raise told(names[wallet], max(0, most - had - new + amount), most, day)
        if new > most:
            raise told(anybody, most, most, day)


def _told_received(name: str, left: int, most: int, day: date) -> Refused:
    return Refused(
        _(
            "%(name)s 在%(month)s还可以收 %(left)s：每人每月最多 %(most)s。"
            "请少发一些，或把对方从名单里去掉。",
            name=name, month=words.month(day), left=coins(left), most=coins(most),
        ),
        "amount",
    )  # fmt: skip


def _told_pair(name: str, left: int, most: int, day: date) -> Refused:
    return Refused(
        _(
            "同一个人在%(month)s还可以发给 %(name)s %(left)s：每月最多 %(most)s。"
            "请少发一些，或请另一位领导来表扬。",
            name=name, month=words.month(day), left=coins(left), most=coins(most),
        ),
        "amount",
    )  # fmt: skip
