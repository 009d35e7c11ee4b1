"""One's own coins: the statement, and what was received."""

from __future__ import annotations

from datetime import date, timedelta

from babel.dates import format_date
from flask import abort, request, url_for
from flask_babel import ngettext

from portal.base import clock, pictures, words
from portal.base.access import LARGEST_ID, load, me, signed_in
from portal.base.pages import Answer, done, page
from portal.coins import policy, queries, rules
from portal.coins.forms import WithdrawForm
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
        picture=_by_month(wallet),
        held=_held(wallet),
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
    return page(
        "coins/award.html",
        award=award,
        line=line,
        people=people,
        others=award.head_count - len(people),
        is_mine=me.id in award.people,
        may_withdraw=policy.may_withdraw(me, award) and still_open(line),
        until=line.entered_at + rules.TIME_TO_WITHDRAW,
    )


def still_open(line: AwardLine) -> bool:
    """May be taken back by who gave it."""
    return not line.withdrawn and clock.now() - line.entered_at <= rules.TIME_TO_WITHDRAW


@pages.route("/awards/<int:award_id>/withdraw", methods=["GET", "POST"], who=signed_in)
def withdraw(award_id: int) -> Answer:
    """Take an own award back, within 15 minutes."""
    award = load(Award, award_id, see=policy.may_see, may=policy.may_withdraw)
    form = WithdrawForm()
    if form.accepted():
        rules.withdraw(me, award)
        message = ngettext(
            "撤回好了，%(num)s 枚金币回到了预算里。",
            "撤回好了，%(num)s 枚金币回到了预算里。",
            award.amount * award.head_count,
        )
        return done(message, url_for("coins.award_detail", award_id=award.id))
    line = queries.award_line(award.id)
    minutes = int((line.entered_at + rules.TIME_TO_WITHDRAW - clock.now()) / timedelta(minutes=1))
    return page("coins/withdraw.html", form=form, line=line, minutes=max(minutes, 0))
