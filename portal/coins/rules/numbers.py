"""Numbers: what the house decides about coins, from a day on."""

from __future__ import annotations

from datetime import date

from flask_babel import gettext as _
from sqlalchemy import select

from portal.base import clock
from portal.base.access import Viewer
from portal.base.db import session
from portal.base.errors import Refused
from portal.coins.models import CoinRule, RuleName


def set_number(by: Viewer | None, name: RuleName, *, number: int, since: date) -> CoinRule:
    """From a day on, this rule has another number; the days before keep theirs. `by` None: the
    operator. What was planned for later days gives way.

    A month that is over was lived by its number: Raises Refused for a day in one, and for a number
    that makes no sense.
    """
    if type(number) is not int or not 0 <= number <= name.most:
        message = _("请填 %(least)s 到 %(most)s 之间的整数。", least=0, most=name.most)
        raise Refused(message, "number")
    if since < clock.today().replace(day=1):
        raise Refused(_("已经过去的月份不能再改，请从这个月起。"), "since")
    for row in session().scalars(
        select(CoinRule).where(
            CoinRule.name == name, (CoinRule.valid_to.is_(None)) | (CoinRule.valid_to > since)
        )
    ):
        row.valid_to = max(row.valid_from, since)
    rule = CoinRule(name=name, number=number, valid_from=since, set_by_id=by.id if by else None)
    session().add(rule)
    session().flush()
    return rule


def set_rate(by: Viewer | None, *, rate: int, since: date) -> CoinRule:
    """From a day on, each head gives its unit `rate` coins a month. Raises Refused."""
    return set_number(by, RuleName.RATE, number=rate, since=since)
