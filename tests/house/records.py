"""A record of every kind for the walk: one near the agent, one far from them, and one missing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.base import clock, files
from portal.base.access import Viewer
from portal.coins import rules as coins
from portal.coins.models import RuleName, WithdrawalRequest
from portal.drives import rules as drives
from portal.fairness.models import AwardRule, Case, CaseKind, RuleKind
from portal.growth import rules as growth
from portal.growth.models import HonourKind, HonourLevel, PerformanceSheet
from portal.growth.rules import Award
from portal.notify import rules as notify
from portal.notify.models import Delivery, DeliveryState, Notice
from portal.people import rules as people
from portal.people.models import BatchState, ImportBatch, RoleGrant, WebSession
from portal.people.queries import viewer_of_person
from portal.rewards.models import Order
from portal.suggestions import rules as suggestions
from portal.suggestions.models import Kind
from tests.cast import Cast, Member
from tests.house.walk import MISSING
from tests.rewards.making import coins_for, new_item, new_order, photo, site

Values = dict[str, Any]
REASON = "客户反复问了四遍账单，她一遍一遍讲，没有一点不耐烦。"


def viewer(member: Member) -> Viewer:
    found = viewer_of_person(member.id)
    assert found is not None, member.name
    return found


def make(session: Session, cast: Cast) -> dict[str, Values]:
    """Values for every parameter of a path: `near` the agent, `far` from them, and `missing`."""
    near_and_far: dict[str, Callable[[], tuple[int, int]]] = {
        "person_id": lambda: (cast.agent.id, cast.outsider.id),
        "unit_id": lambda: (viewer(cast.agent).place[0], viewer(cast.outsider).place[0]),
        "grant_id": lambda: (_grant(session, cast.leader), _grant(session, cast.other_leader)),
        "session_id": lambda: (_session(session, cast.agent), _session(session, cast.outsider)),
        "token_id": lambda: (_token(cast.agent), _token(cast.outsider)),
        "batch_id": lambda: (_batch(session, cast.hr), _batch(session, cast.hr_other)),
        "notice_id": lambda: (_notice(session, cast.agent), _notice(session, cast.outsider)),
        "delivery_id": lambda: (_delivery(session, cast.agent), _delivery(session, cast.outsider)),
        "award_id": lambda: (
            _award(cast.leader, cast.agent),
            _award(cast.other_leader, cast.outsider),
        ),
        "request_id": lambda: (
            _award_request(cast.leader, cast.agent),
            _award_request(cast.other_leader, cast.outsider),
        ),
        "withdrawal_id": lambda: (
            _withdrawal(session, cast.leader, cast.agent),
            _withdrawal(session, cast.other_leader, cast.outsider),
        ),
        "honour_id": lambda: (_honour(cast.hr, cast.agent), _honour(cast.hr_other, cast.outsider)),
        "sheet_id": lambda: (_sheet(session, cast.hr), _sheet(session, cast.hr_other)),
        "case_id": lambda: (
            _case(session, cast.agent, cast.colleague),
            _case(session, cast.outsider, cast.other_leader),
        ),
        "rule_id": lambda: (_rule(session, cast.hr), _rule(session, cast.hr_other)),
        "suggestion_id": lambda: (_suggestion(cast.agent), _suggestion(cast.outsider)),
    }
    records: dict[str, Values] = {}
    for name, both in near_and_far.items():
        near, far = both()
        records[name] = {"near": near, "far": far, "missing": MISSING}
    records["person_id"]["left"] = cast.leaver.id
    records["drive_id"], records["gift_id"] = _drives(cast)
    near_order, far_order = (
        _order(cast.hr, cast.agent, "太原"),
        _order(cast.hr_other, cast.outsider, "侯马"),
    )
    for name, field in (("reward_id", "reward_id"), ("order_id", "id"), ("code", "code")):
        near, far = getattr(near_order, field), getattr(far_order, field)
        records[name] = {"near": near, "far": far, "missing": MISSING}
    records["name"] = {"near": "greetings.birthdays", "missing": "no.such-job"}
    records["rule"] = {"near": "allowance", "missing": "no-such-number"}
    records["figure"] = {"own": "wallet", "unit": "budget_left", "missing": "nothing"}
    records["which"] = {"open": "open", "queue": "queue"}
    records["kind"] = {"woodpecker": "woodpecker"}
    session.flush()
    return records


def _grant(session: Session, member: Member) -> int:
    found = session.scalar(select(RoleGrant.id).where(RoleGrant.person_id == member.id))
    assert found is not None
    return found


def _session(session: Session, member: Member) -> int:
    people.open_session(member.id, "a browser at home")
    found = session.scalar(select(WebSession.id).where(WebSession.person_id == member.id))
    assert found is not None
    return found


def _token(member: Member) -> int:
    made, _secret = people.make_token(
        viewer(member),
        name="walk",
        scopes=["coins:read"],
        expires_on=clock.today() + timedelta(days=30),
    )
    return made.id


def _file() -> int:
    content = "工号,姓名,接通量\n003217,王小明,1200\n".encode()
    return files.keep(content, name="walk.csv", media_type="text/csv").id


def _batch(session: Session, member: Member) -> int:
    batch = ImportBatch(
        state=BatchState.FAILED,
        file_name="walk.csv",
        sha256="0" * 64,
        mapping={},
        as_of=clock.today(),
        by_id=member.id,
    )
    session.add(batch)
    session.flush()
    return batch.id


def _sheet(session: Session, member: Member) -> int:
    sheet = PerformanceSheet(
        month=date(2025, 7, 1),
        file_id=_file(),
        file_name="walk.csv",
        sha256=f"{member.id:064d}",
        imported_by_id=member.id,
    )
    session.add(sheet)
    session.flush()
    return sheet.id


def _notice(session: Session, member: Member) -> int:
    key = f"walk:{member.id}"
    notify.tell(member.id, kind="coins.awarded", key=key, params={})
    found = session.scalar(select(Notice.id).where(Notice.key == key))
    assert found is not None
    return found


def _delivery(session: Session, member: Member) -> int:
    notice_id = session.scalar(select(Notice.id).where(Notice.key == f"walk:{member.id}"))
    found = session.scalar(select(Delivery).where(Delivery.notice_id == notice_id))
    if found is None:
        assert notice_id is not None
        found = Delivery(notice_id=notice_id, channel="mail")
        session.add(found)
    found.state, found.due_at = DeliveryState.DEAD, None
    session.flush()
    return found.id


def _award(leader: Member, receiver: Member, what: str = "award") -> int:
    giver = viewer(leader)
    unit_id = giver.place[0]
    coins.fund(None, unit_id=unit_id, amount=100, key=f"walk:{unit_id}:{what}")
    return coins.award(
        giver,
        people=[receiver.id],
        amount=5,
        reason=f"{REASON}（{what}）",
        value="patience",
        key=f"w:{unit_id}:{what}",
    ).id


def _case(session: Session, giver: Member, receiver: Member) -> int:
    units = [viewer(member).place[0] for member in (giver, receiver)]
    case = Case(
        kind=CaseKind.FAVOURITE, giver_id=giver.id, receiver_id=receiver.id,
        giver_unit_id=units[0], receiver_unit_id=units[1], there=9, given=9,
        since=clock.today() - timedelta(days=90), due_on=clock.today() + timedelta(days=30),
    )  # fmt: skip
    session.add(case)
    session.flush()
    return case.id


def _rule(session: Session, owner: Member) -> int:
    rule = AwardRule(
        kind=RuleKind.STAR, name="每月之星", amount=30, owner_id=owner.id, set_by_id=owner.id,
        valid_from=clock.today(),
    )  # fmt: skip
    session.add(rule)
    session.flush()
    return rule.id


def _award_request(leader: Member, receiver: Member) -> int:
    """An award that waits; the rule holds for it alone."""
    for number in (1, 0):
        coins.set_number(None, RuleName.REVIEW, number=number, since=clock.today())
        if number:
            made = _award(leader, receiver, "request")
    return made


def _withdrawal(session: Session, leader: Member, receiver: Member) -> int:
    """As asked for a quarter of an hour after the award."""
    asked = WithdrawalRequest(
        award_id=_award(leader, receiver, "withdrawal"),
        by_id=leader.id,
        reason="记错了人，那通电话是别人接的。",
    )
    session.add(asked)
    session.flush()
    return asked.id


def _honour(hr: Member, holder: Member) -> int:
    return growth.record_honour(
        viewer(hr),
        kind=HonourKind.PERSONAL,
        level=next(iter(HonourLevel)),
        name="服务达人",
        issuer="客户服务中心",
        awarded_on=clock.today(),
        holders=[Award(holder.staff_no)],
    ).id


def _suggestion(author: Member) -> int:
    from portal.suggestions.queries import open_topics

    return suggestions.send(
        viewer(author),
        kind=Kind.GOLDEN_FINGER,
        title=f"{author.name}：夜班热水供应到六点",
        what="夜里三点以后没有热水，请把锅炉的时间往后调三个小时。",
        topic=open_topics()[0].key,
        effect="夜班的人能喝上热水。",
    ).id


def _order(hr: Member, orderer: Member, place: str) -> Order:
    coins_for(orderer, 30)
    return new_order(orderer, new_item(hr, unit_id=site(place), picture=(photo(), "杯子.jpg")))


def _drives(cast: Cast) -> tuple[Values, Values]:
    committee = viewer(cast.committee)
    today = clock.today()
    facts: dict[str, Any] = {
        "title": "心手相连",
        "story": "一位同事需要大家。",
        "goal_fen": 100_000,
        "opens_on": today,
        "closes_on": today + timedelta(days=9),
        "surplus_rule": "care_fund",
    }
    running = drives.draft_drive(committee, **facts)
    drives.open_drive(committee, running)
    draft = drives.draft_drive(committee, **facts)
    own = drives.give_coins(viewer(cast.agent), running, amount=1, shown="committee")
    cash = drives.record_cash(
        committee,
        running,
        amount_fen=5000,
        shown="public",
        counted_by_id=cast.committee2.id,
        giver_id=cast.outsider.id,
    )
    return (
        {"near": running.id, "far": draft.id, "missing": MISSING},
        {"near": own.id, "far": cash.id, "missing": MISSING},
    )
