"""Awards by rule: proposed by the clock, by another room or by the owner; paid when looked over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, cast

from flask_babel import gettext as _
from sqlalchemy import Table, select
from sqlalchemy.dialects import postgresql, sqlite

from portal.base import clock
from portal.base.access import Viewer
from portal.base.db import session
from portal.base.errors import Refused
from portal.base.forms import clean
from portal.base.history import true_on, valid_on
from portal.coins import rules as coins
from portal.coins.models import AccountKind, Reason
from portal.fairness import policy, queries
from portal.fairness.models import MOST_COINS, AwardRule, Due, DueState, RuleKind
from portal.notify.rules import tell_many
from portal.people.models import Employment, Person, Term

MOST_AT_ONCE = 200


# ---- rules ------------------------------------------------------------------------------------


def set_rule(
    by: Viewer,
    *,
    kind: str,
    name: str,
    amount: int,
    owner_id: int,
    since: date,
    every_years: int | None = None,
) -> AwardRule:
    """Make a rule: what is given, for what, from when, and who looks each one over.

    Raises Refused at the field that can be mended.
    """
    if not policy.may_set_rules(by):
        raise Refused(_("这样的规则由负责全公司的人力资源来定。"), status=403)
    if kind not in set(RuleKind):
        raise Refused(_("请从列出的里面选一个。"), "kind")
    if type(amount) is not int or not 1 <= amount <= MOST_COINS:
        raise Refused(
            _("请填 %(least)s 到 %(most)s 之间的整数。", least=1, most=MOST_COINS), "amount"
        )
    if kind == RuleKind.SERVICE and not every_years:
        raise Refused(_("请写每满几年。"), "every_years")
    if since < clock.today():
        raise Refused(_("请从今天或以后的一天起。"), "since")
    owner = session().get(Person, owner_id)
    if owner is None or not owner.in_service:
        raise Refused(_("这位同事已经不在职了。"), "owner")
    rule = AwardRule(
        kind=RuleKind(kind),
        name=clean(name),
        amount=amount,
        every_years=every_years if kind == RuleKind.SERVICE else None,
        owner_id=owner_id,
        valid_from=since,
        set_by_id=by.id,
    )
    session().add(rule)
    session().flush()
    return rule


def end_rule(by: Viewer, rule: AwardRule) -> None:
    """From today on the rule proposes nothing more; what waits can still be looked over."""
    if not policy.may_set_rules(by):
        raise Refused(_("这样的规则由负责全公司的人力资源来定。"), status=403)
    if rule.valid_to is None:
        rule.valid_to = max(rule.valid_from, clock.today())
        session().flush()


# ---- proposing --------------------------------------------------------------------------------


def propose_service(day: date) -> int:
    """Propose an award to whoever has an anniversary of service on `day`. Answers how many."""
    rules = session().scalars(
        select(AwardRule).where(AwardRule.kind == RuleKind.SERVICE, valid_on(AwardRule, day))
    )
    count = 0
    for rule in rules.all():
        years = queries.anniversaries(day, rule.every_years or 1)
        count += _propose(rule, {person: str(each) for person, each in years.items()}, day)
    return count


def queue(kind: RuleKind, *, person_id: int, occurrence: str, day: date) -> int:
    """Propose an award for something that happened in another room, by each rule of this kind
    that holds on `day`. `occurrence`: what makes it this one, for ever ("suggestion:12").

    Answers how many were new: 0 without such a rule.
    """
    rules = session().scalars(
        select(AwardRule).where(AwardRule.kind == kind, valid_on(AwardRule, day))
    )
    return sum(_propose(rule, {person_id: occurrence}, day) for rule in rules.all())


def name_star(by: Viewer, rule: AwardRule, *, person_id: int) -> None:
    """The owner names a star of this month; it waits in the list like all others.

    Raises Refused: oneself, a leaver, somebody named already.
    """
    today = clock.today()
    if rule.owner_id != by.id or rule.kind != RuleKind.STAR or not _holds(rule, today):
        raise Refused(_("这条规则不归你负责。"), "rule", status=403)
    if person_id == by.id:
        raise Refused(_("不能提名自己。"), "person")
    if person_id not in _in_service([person_id]):
        raise Refused(_("这位同事已经不在职了。"), "person")
    if not _propose(rule, {person_id: f"{today:%Y-%m}"}, today):
        raise Refused(_("这个月已经提名过这位同事了。"), "person", status=409)


def _holds(rule: AwardRule, day: date) -> bool:
    return rule.valid_from <= day and (rule.valid_to is None or day < rule.valid_to)


def _propose(rule: AwardRule, occurrences: Mapping[int, str], day: date) -> int:
    """Rows for those in service, once for ever for each occurrence."""
    here = _in_service(occurrences)
    now = clock.now()
    rows = [
        {
            "rule_id": rule.id, "person_id": person_id, "occurrence": occurrence, "due_on": day,
            "amount": rule.amount, "state": DueState.WAITING, "proposed_at": now,
        }
        for person_id, occurrence in sorted(occurrences.items())
        if person_id in here
    ]  # fmt: skip
    if not rows:
        return 0
    connection = session().connection()
    make = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    table = cast(Table, Due.__table__)
    new = make(table).on_conflict_do_nothing().returning(table.c.id)
    found = list(connection.scalars(new, rows))
    if found:
        tell_many([_to_owner(rule, day, len(found))])
    return len(found)


def _to_owner(rule: AwardRule, day: date, count: int) -> dict[str, Any]:
    return {
        "person_id": rule.owner_id,
        "kind": "fairness.to_look_over",
        "key": f"award_rule:{rule.id}:{day.isoformat()}",
        "link": "/fairness/due",
        "params": {"rule": rule.name, "count": count},
    }


def _in_service(person_ids: Iterable[int]) -> set[int]:
    """Those of these people who work here today."""
    return set(
        session().scalars(
            select(Employment.person_id)
            .join(Term, Term.employment_id == Employment.id)
            .where(Employment.person_id.in_(list(person_ids)), true_on(Term, clock.today()))
        )
    )


# ---- looking over -----------------------------------------------------------------------------


def approve(by: Viewer, *, due_ids: Sequence[int]) -> int:
    """Pay these awards out, all in one; who has left meanwhile gets none. Answers how many.

    Raises Refused: not the owner's, one's own, 409 when one was decided before.
    """
    rows = _rows(by, due_ids)
    here, now = _in_service([row.person_id for row in rows]), clock.now()
    paid = [row for row in rows if row.person_id in here]
    wallets = coins.accounts_of(AccountKind.WALLET, [row.person_id for row in paid])
    source = coins.account(AccountKind.ISSUE).id
    moved = coins.post(
        [
            coins.Posting(
                f"rule:{row.id}",
                Reason.RULE,
                ((source, -row.amount), (wallets[row.person_id], row.amount)),
                by.id,
            )
            for row in paid
        ]
    ) if paid else []  # fmt: skip
    for row in rows:
        row.decided_at, row.decided_by_id = now, by.id
        row.state = DueState.DROPPED
    for row, each in zip(paid, moved, strict=True):
        row.state, row.transfer_id = DueState.PAID, each.id
    session().flush()
    tell_many(
        {
            "person_id": row.person_id,
            "kind": "fairness.by_rule",
            "key": f"rule:{row.id}",
            "link": "/coins/",
            "params": {"rule": row.rule.name, "amount": row.amount},
        }
        for row in paid
    )
    return len(paid)


def refuse(by: Viewer, *, due_ids: Sequence[int], reasons: str) -> int:
    """Let these awards be, with the reason. Answers how many. Raises Refused as `approve`."""
    said = clean(reasons)
    if not 2 <= len(said) <= 200:
        raise Refused(_("请写明原因。"), "reasons")
    rows = _rows(by, due_ids)
    for row in rows:
        row.state, row.reasons = DueState.REFUSED, said
        row.decided_at, row.decided_by_id = clock.now(), by.id
    session().flush()
    return len(rows)


def _rows(by: Viewer, due_ids: Sequence[int]) -> list[Due]:
    """These awards, locked in the order of their ids, all of them still waiting."""
    wanted = sorted(set(due_ids))
    if not wanted:
        raise Refused(_("请至少选一条。"), "due")
    if len(wanted) > MOST_AT_ONCE:
        raise Refused(_("一次最多 %(most)s 条，请分几次。", most=MOST_AT_ONCE), "due")
    found = session().scalars(
        select(Due)
        .where(Due.id.in_(wanted))
        .order_by(Due.id)
        .with_for_update(of=Due)
        .execution_options(populate_existing=True)
    )
    rows = [row for row in found.all() if policy.may_look_over(by, row.rule)]
    if len(rows) < len(wanted):
        raise Refused(_("有一条找不到了，请从名单里重新选。"), "due")
    if any(row.person_id == by.id for row in rows):
        raise Refused(_("自己的那一条要由别人来看。"), "due", status=403)
    if any(row.state != DueState.WAITING for row in rows):
        raise Refused(_("有一条已经办过了，请看看现在的名单。"), "due", status=409)
    return rows
