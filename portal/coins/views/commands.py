"""flask coins …: for operators."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable
from datetime import date

import click
from flask_babel import gettext as _
from sqlalchemy import select

from portal.base import clock
from portal.base.access import LARGEST_ID
from portal.base.db import session, transaction
from portal.base.errors import Refused
from portal.coins import queries, rules
from portal.coins.models import Account, AccountKind, RuleName
from portal.coins.views.blueprints import pages
from portal.people.models import Unit
from portal.people.queries import by_staff_no
from portal.roster.queries import shift_today


def _fail(message: str) -> None:
    click.echo(message, err=True)
    sys.exit(1)


@pages.cli.command("verify")
def verify() -> None:
    """Read every entry and say whether the ledger is right."""
    with transaction(read_only=True):
        faults, entries = queries.verify(), queries.count_entries()
    for fault in faults:
        click.echo(fault.message, err=True)
    if faults:
        sys.exit(1)
    click.echo(
        _("查了 %(count)s 条分录：每笔相加为零，余额与分录一致，摘要都对得上。", count=entries)
    )


def _of_account(command: Callable[..., None]) -> Callable[..., None]:
    """Which account: a wallet by its owner's staff number, or any by its own; and why."""
    for option in (
        click.argument("staff_no", required=False),
        click.option("--account", "account_id", type=click.IntRange(1, LARGEST_ID)),
        click.option("--why", required=True, help="The reason; it is kept for ever."),
    ):
        command = option(command)
    return command


def _decide(
    verb: Callable[..., Account], staff_no: str | None, account_id: int | None, why: str
) -> None:
    """Have `verb` done, and say how the account stands."""
    if (staff_no is None) == (account_id is None):
        _fail(_("请写工号，或者用 --account 写账户的编号，只写一样。"))
    with transaction():
        if staff_no is not None:
            person = by_staff_no(staff_no, in_service=False)
            if person is None:
                _fail(_("没有工号 %(staff_no)s。", staff_no=staff_no))
                return
            account_id = rules.account(AccountKind.WALLET, person.id).id
        try:
            account = verb(account_id, why=why, by_id=None)
        except Refused as refusal:
            _fail(refusal.message)
        told = _("关闭") if account.closed_at else _("冻结") if account.frozen_at else _("正常")
        click.echo(_("账户 %(account)s 现在：%(told)s。", account=account.id, told=told))


@pages.cli.command("freeze")
@_of_account
def freeze(staff_no: str | None, account_id: int | None, why: str) -> None:
    """Let nothing go out of an account until it is thawed."""
    _decide(rules.freeze, staff_no, account_id, why)


@pages.cli.command("thaw")
@_of_account
def thaw(staff_no: str | None, account_id: int | None, why: str) -> None:
    """Let coins go out of a frozen account again."""
    _decide(rules.thaw, staff_no, account_id, why)


@pages.cli.command("close")
@_of_account
def close(staff_no: str | None, account_id: int | None, why: str) -> None:
    """Close an account that holds nothing, for good."""
    _decide(rules.close, staff_no, account_id, why)


@pages.cli.command("statement")
@click.argument("staff_no")
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True)
def statement(staff_no: str, limit: int) -> None:
    """Print somebody's statement, newest first."""
    with transaction(read_only=True):
        person = by_staff_no(staff_no, in_service=False)
        if person is None:
            _fail(_("没有工号 %(staff_no)s。", staff_no=staff_no))
            return
        wallet = queries.wallet_with_months(person.id)
        click.echo(f"{person.staff_no} {person.name}: {rules.coins(wallet.balance)}")
        if wallet.account_id is None:
            return
        for line in queries.statement(wallet.account_id, None, limit)[:limit]:
            words = " · ".join(part for part in (line.label, line.who, line.words) if part)
            click.echo(
                f"{line.happened_on}  {line.amount:+6}  "
                f"{line.balance_before:6} → {line.balance_after:<6}  {words}"
            )


@pages.cli.command("fund")
@click.option("--unit", "unit_name", required=True, help="Name or number of the unit.")
@click.option("--amount", type=int, required=True, help="Coins to add to this month's budget.")
def fund(unit_name: str, amount: int) -> None:
    """Add coins to a unit's budget of this month."""
    with transaction():
        units = (
            session()
            .execute(
                select(Unit.id, Unit.name)
                .where(
                    Unit.id == int(unit_name) if unit_name.isdecimal() else Unit.name == unit_name
                )
                .limit(2)
            )
            .all()
        )
        if len(units) != 1:
            _fail(
                _("没有单位“%(unit)s”。", unit=unit_name)
                if not units
                else _("有几个单位叫“%(unit)s”，请用编号。", unit=unit_name)
            )
        try:
            rules.fund(None, unit_id=units[0].id, amount=amount, key=secrets.token_hex(16))
        except Refused as refusal:
            _fail(refusal.message)
        left = queries.budget(units[0].id, shift_today()).left
    click.echo(_("%(unit)s 这个月还有 %(left)s。", unit=units[0].name, left=rules.coins(left)))


@pages.cli.command("rate")
@click.argument("rate", type=int)
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), default=None)
def rate(rate: int, since: date | None) -> None:
    """Set how many coins a month each head brings to its unit's budget."""
    _set(RuleName.RATE, rate, since)


@pages.cli.command("number")
@click.argument("name", type=click.Choice([name.value for name in RuleName]))
@click.argument("number", type=int)
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), default=None, help="Today without it.")
def number(name: str, number: int, since: date | None) -> None:
    """Set one of the numbers about coins from a day on; 0 switches off what it rules."""
    _set(RuleName(name), number, since)


def _set(name: RuleName, number: int, since: date | None) -> None:
    day = date(since.year, since.month, since.day) if since else clock.today()
    with transaction():
        try:
            rules.set_number(None, name, number=number, since=day)
        except Refused as refusal:
            _fail(refusal.message)
    click.echo(
        _("从 %(day)s 起，%(label)s：%(number)s。", day=day.isoformat(), label=name.label,
          number=number)
    )  # fmt: skip
