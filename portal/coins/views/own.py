"""One's own coins: the statement, and what was received."""

from __future__ import annotations

from datetime import date

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
        picture=_by_month(wallet),
        lines=lines,
        next_url=url_for("coins.index", after=lines[-1].seq) if more else None,
        is_first=not request.args.get("after"),
    )


def month_name(day: date, *, short: bool = False) -> str:
    """The month as people say it: 3月, March."""
    english = words.language() == "en"
    style = "LLL" if short or not english else "LLLL"
    return str(format_date(day, style, locale="en" if english else "zh"))


def _by_month(wallet: Wallet) -> pictures.Bars:
    months = queries.months_until(clock.today())
    labels = [month_name(date(int(month[:4]), int(month[5:]), 1), short=True) for month in months]
    return pictures.bars([wallet.received.get(month, 0) for month in months], 560, 120, labels)


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
    )


def still_open(line: AwardLine) -> bool:
    """May be taken back by who gave it."""
    return not line.withdrawn and clock.now() - line.entered_at <= rules.TIME_TO_WITHDRAW
