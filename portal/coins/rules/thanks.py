"""Thanks: everybody's coins for colleagues, out of an allowance of the month that is for nothing
else.

An allowance is opened with its owner's first thanks of the month: whoever only looks costs no row,
and no coin is issued that nobody gives. It is locked before it is counted, so that of two thanks
at once the second one sees the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import insert, select

from portal.base import clock
from portal.base.access import Viewer
from portal.base.db import session
from portal.base.errors import Refused
from portal.base.forms import clean
from portal.coins import queries
from portal.coins.models import Account, AccountKind, Award, AwardKind, Reason, Transfer
from portal.coins.queries import Allowance
from portal.coins.rules.accounts import account, accounts_of
from portal.coins.rules.budgets import hashed_key
from portal.coins.rules.ledger import coins, post, posted_as
from portal.coins.rules.plans import LONGEST_REASON, SHORTEST_REASON
from portal.coins.rules.writing import Posting
from portal.notify.rules import tell_many
from portal.people.models import Person
from portal.people.queries import StaffLine, lines, staff


@dataclass(frozen=True, slots=True)
class Thanks:
    """Thanks by their number (an Award), and the transfer that they made."""

    id: int
    transfer_id: int


def thank(by: Viewer, *, person_id: int, amount: int, reason: str, key: str) -> Thanks:
    """Thank a colleague with coins from one's own allowance of the month.

    `reason`: what happened and what it meant, 10 to 300 characters. The same `key` with the same
    content answers the first thanks. Raises Refused, at the field that can be mended.
    """
    words = clean(reason)
    about = "\0".join(("thank", str(person_id), str(amount), words))
    purse, before = _begin(by, key, about)
    if before is not None:
        return before
    if not SHORTEST_REASON <= len(words) <= LONGEST_REASON:
        raise Refused(
            _("请用 %(least)s 到 %(most)s 个字写下发生了什么、对你意味着什么。",
              least=SHORTEST_REASON, most=LONGEST_REASON),
            "reason",
        )  # fmt: skip
    if person_id == by.id:
        raise Refused(_("不能谢自己。想一想，今天谁帮了你一把？"), "person")
    people = _in_service([person_id])
    row = {"unit_id": people[0].unit_id, "reason": words}
    return _give(by, purse, people, amount=amount, key=key, about=about, row=row)


def add_thanks(
    by: Viewer, award: Award, *, amount: int, key: str, person_id: int | None = None
) -> Thanks:
    """Join in with somebody else's award: `amount` from one's own allowance to each who received
    it, or to one of them. Raises Refused.
    """
    about = "\0".join(("add", str(award.id), str(person_id or ""), str(amount)))
    purse, before = _begin(by, key, about)
    if before is not None:
        return before
    if award.by_id == by.id or award.adds_to_id is not None:
        raise Refused(_("请在别人发出的表扬或感谢下面，跟着说一声谢谢。"), status=409)
    undone = select(Transfer.id).where(Transfer.reverses_id == award.transfer_id)
    if session().scalar(undone) is not None:
        raise Refused(_("这一份已经撤回了。想谢对方，可以自己说一声。"), status=409)
    wanted = [each for each in award.people if each != by.id and person_id in {None, each}]
    if not wanted:
        raise Refused(_("请从收到的人里选一位。"), "person")
    people = _in_service(wanted, all_needed=person_id is not None)
    row = {
        "unit_id": award.unit_id,
        "reason": award.reason,
        "value": award.value,
        "adds_to_id": award.id,
    }
    return _give(by, purse, people, amount=amount, key=key, about=about, row=row)


def _begin(by: Viewer, key: str, about: str) -> tuple[Account, Thanks | None]:
    """The giver's allowance, locked, and the thanks that this request made before.

    Raises Refused when the house gives no allowance, or the key stands for something else.
    """
    if not queries.allowance(by.id).number:
        raise Refused(_("公司还没有开放感谢额度。你可以当面说一声谢谢，或在建议里提出来。"))
    purse = account(AccountKind.ALLOWANCE, by.id, period=queries.quota_month())
    session().refresh(purse, with_for_update=True)
    before = posted_as(_posting(by, key, about))
    if before is None:
        return purse, None
    number = session().scalars(select(Award.id).where(Award.transfer_id == before.id)).one()
    return purse, Thanks(number, before.id)


def _posting(by: Viewer, key: str, about: str, legs: tuple[tuple[int, int], ...] = ()) -> Posting:
    return Posting(f"thank:{hashed_key(by.id, key)}", Reason.THANK, legs, by.id, about=about)


def _in_service(people: Sequence[int], *, all_needed: bool = True) -> list[StaffLine]:
    """The colleagues who work here. Raises Refused where one who is needed does not, or nobody."""
    found = lines(staff(clock.today()).where(Person.id.in_(people)).order_by(Person.id))
    if not found or (all_needed and len(found) < len(people)):
        gone = next(each for each in people if each not in {line.id for line in found})
        person = session().get(Person, gone)
        if person is None:
            raise Refused(_("有一位同事找不到了，请从名单里重新选。"), "person")
        message = _("%(name)s 已经离职，收不了金币。心意可以当面说。", name=person.name)
        raise Refused(message, "person")
    return found


def _give(
    by: Viewer,
    purse: Account,
    people: Sequence[StaffLine],
    *,
    amount: int,
    key: str,
    about: str,
    row: dict[str, Any],
) -> Thanks:
    if not purse.entries:
        _fill(by, purse)
    _check_amount(queries.allowance(by.id), purse, people, amount)
    wallets = accounts_of(AccountKind.WALLET, [person.id for person in people])
    shares = ((wallets[person.id], amount) for person in people)
    legs = ((purse.id, -amount * len(people)), *shares)
    [moved] = post([_posting(by, key, about, legs)])
    new = insert(Award).returning(Award.id).values(
        transfer_id=moved.id,
        kind=AwardKind.THANK,
        by_id=by.id,
        amount=amount,
        head_count=len(people),
        **row,
    )  # fmt: skip
    given = Thanks(session().execute(new).scalar_one(), moved.id)
    _tell(by, given, people, amount, row)
    return given


def _fill(by: Viewer, purse: Account) -> None:
    number = queries.allowance(by.id).number
    legs = ((account(AccountKind.ISSUE).id, -number), (purse.id, number))
    post([Posting(f"allowance:{by.id}:{purse.period}", Reason.FUND, legs)])


def _check_amount(own: Allowance, purse: Account, people: Sequence[StaffLine], amount: int) -> None:
    """At most a third of the allowance to one person a month, so that it goes round."""
    if type(amount) is not int or not 1 <= amount <= own.most_each:
        message = _("每人请填 %(least)s 到 %(most)s 之间的整数。", least=1, most=own.most_each)
        raise Refused(message, "amount")
    if own.left < amount * len(people):
        raise Refused(
            _("这个月的感谢额度还剩 %(left)s，这次要用 %(total)s。下个月又有新的。",
              left=coins(own.left), total=coins(amount * len(people))),
            "amount",
        )  # fmt: skip
    before = queries.given_from(purse.id)
    for person in people:
        given = before.get(person.id, 0)
        if given + amount > own.most_each:
            raise Refused(
                _("一个月最多给同一个人 %(most)s 枚，你已经给了 %(name)s %(given)s 枚。"
                  "别的同事也在等一声谢谢。",
                  most=own.most_each, name=person.name, given=given),
                "amount",
            )  # fmt: skip


def _tell(
    by: Viewer, given: Thanks, people: Sequence[StaffLine], amount: int, row: dict[str, Any]
) -> None:
    base = row.get("adds_to_id")
    tell_many(
        {
            "person_id": person.id,
            "kind": "coins.thanked_too" if base else "coins.thanked",
            "key": f"award:{given.id}:{person.id}",
            "link": f"/coins/awards/{base or given.id}",
            "params": {"by": by.name, "amount": amount, "words": row["reason"]},
        }
        for person in people
    )
