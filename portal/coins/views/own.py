"""One's own coins: the statement, and what was received."""

from __future__ import annotations

from datetime import date
from typing import Any

from babel.dates import format_date
from flask import abort, request, url_for

from portal.base import clock, pictures, words
from portal.base.access import LARGEST_ID, load, me, signed_in
from portal.base.pages import Answer, page
from portal.coins import policy, queries, rules
from portal.coins.models import Award
from portal.coins.queries import AwardLine, Wallet
from portal.coins.views.blueprints import pages

PAGE = 25
MOST_NAMES = 100


def after_entry() -> int | None:
    """Where this page of a list begins; 404 for what no list ever said."""
    text = request.args.get("after", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or not 0 < int(text) <= LARGEST_ID:
        abort(404)
    return int(text)


@pages.route("/", who=signed_in)
def index() -> Answer:
    """My coins: how many, how the months went, and each entry."""
    wallet = queries.wallet_with_months(me.id)
    found = queries.statement(wallet.account_id, after_entry(), PAGE) if wallet.account_id else []
    lines, more = found[:PAGE], found[PAGE:]
    return page(
        "coins/index.html",
        wallet=wallet,
        change=wallet.change.get(queries.month_of(clock.today()), 0),
        received=wallet.received.get(queries.month_of(clock.today()), 0),
        picture=by_month(wallet),
        held=_held(wallet),
        lines=lines,
        next_url=url_for("coins.index", after=lines[-1].seq) if more else None,
        is_first=not request.args.get("after"),
        is_on_boards=queries.is_on_boards(me.id),
        **_lasting(wallet),
    )


def _lasting(wallet: Wallet) -> dict[str, Any]:
    """Until when the coins last, where the house has decided that they do not last for ever."""
    if not wallet.expiry or wallet.account_id is None or not wallet.balance:
        return {}
    told = queries.told_lapses(wallet.account_id)
    first = told[0].until if told else date.min  # who was told late keeps them until then
    lots = [
        (
            _month_and_year(lot.month),
            lot.left,
            max(first, queries.last_day(lot.month, wallet.expiry)),
        )
        for lot in queries.lots(wallet.account_id, wallet.balance)
    ]
    return {"lots": lots, "told": told, "today": clock.today()}


def month_name(day: date, *, short: bool = False) -> str:
    """The month as people say it: 3月, March."""
    english = words.language() == "en"
    style = "LLL" if short or not english else "LLLL"
    return str(format_date(day, style, locale="en" if english else "zh"))


def by_month(wallet: Wallet) -> pictures.Bars:
    """What was received in each of the last twelve months."""
    months = queries.months_until(clock.today())
    received = [wallet.received.get(month, 0) for month in months]
    return pictures.bars(received, 560, 120, _labels(months))


def _held(wallet: Wallet) -> pictures.Line:
    """What the wallet held at the end of each of the last twelve months."""
    months = queries.months_until(clock.today())
    return pictures.line(queries.balances_by_month(wallet, months), 400, 80, _labels(months), low=0)


def _labels(months: list[str]) -> list[str]:
    return [month_name(date(int(month[:4]), int(month[5:]), 1), short=True) for month in months]


@pages.route("/awards/<int:award_id>", who=signed_in)
def award_detail(award_id: int) -> Answer:
    """One award: who, what for, how many, and whether it still stands."""
    award = load(Award, award_id, see=policy.may_see)
    line = queries.award_line(award.id)
    people = queries.receivers_of(award.transfer_id, MOST_NAMES)
    asked = queries.standing_withdrawal(award.id)
    may_withdraw = policy.may_withdraw(me, award) and still_open(line)
    return page(
        "coins/award.html",
        award=award,
        line=line,
        people=people,
        others=award.head_count - len(people),
        is_mine=me.id in award.people,
        may_withdraw=may_withdraw,
        asked=asked,
        may_see_asked=asked is not None and policy.may_see_request(me, asked),
        may_ask=not (line.withdrawn or asked or may_withdraw)
        and policy.may_ask_withdrawal(me, award),
        until=line.entered_at + rules.TIME_TO_WITHDRAW,
        joined=queries.joined(award.id, MOST_NAMES),
        may_join=_may_join(award, line),
    )


def _may_join(award: Award, line: AwardLine) -> bool:
    """There is something to thank for, and the house gives coins to do it with."""
    is_open = not line.withdrawn and award.adds_to_id is None and policy.may_join(me, award)
    return is_open and queries.allowance(me.id).left > 0


def _month_and_year(day: date) -> str:
    english = words.language() == "en"
    return str(
        format_date(day, "LLLL y" if english else "y年M月", locale="en" if english else "zh")
    )


def still_open(line: AwardLine) -> bool:
    """May be taken back by who gave it."""
    return not line.withdrawn and clock.now() - line.entered_at <= rules.TIME_TO_WITHDRAW
