"""Awards by rule: proposed once, looked over by the owner, paid once; leavers never."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from portal.base import clock
from portal.base.errors import Refused
from portal.coins.models import Reason, Transfer
from portal.fairness import jobs, queries, rules
from portal.fairness.models import AwardRule, Due, RuleKind
from portal.notify.models import Notice
from portal.people.models import Employment
from portal.people.rules import leave
from tests.fairness.conftest import viewer, wallet

SINCE = "2026-03-01 09:00"  # everybody of the cast began on 1 March 2022


@pytest.fixture
def house_hr(cast: Any, db: Any) -> Any:
    """HR of the Taiyuan site, made HR of the whole house."""
    from portal.people.models import Person, Role
    from portal.people.rules import give_role

    with db() as session:
        give_role(
            None, session.get_one(Person, cast.hr.id), role=Role.HR, unit=None,
            since=date(2022, 3, 1), bound=False,
        )  # fmt: skip
    return cast.hr


@pytest.fixture
def service(cast: Any, db: Any, at: Any, house_hr: Any) -> int:
    """A rule for every two years of service, looked over by HR; it is the day."""
    at(SINCE)
    with db():
        return rules.set_rule(
            viewer(house_hr), kind="service", name="满两年", amount=20, every_years=2,
            owner_id=house_hr.id, since=clock.today(),
        ).id  # fmt: skip


def dues(db: Any) -> list[Any]:
    return db.rows(select(Due.id, Due.person_id, Due.occurrence, Due.state).order_by(Due.id))  # type: ignore[no-any-return]


def due_of(db: Any, member: Any) -> int:
    return next(row.id for row in dues(db) if row.person_id == member.id)


def test_years_of_service_are_proposed_once(cast: Any, db: Any, service: int) -> None:
    with db():
        count = jobs.propose_service(clock.today())
        assert jobs.propose_service(clock.today()) == 0
        assert jobs.propose_service(clock.today() + timedelta(days=1)) == 0
    people = {row.person_id for row in dues(db)}
    assert count == len(people) == len(cast.members()) - 1
    assert cast.leaver.id not in people
    assert {row.occurrence for row in dues(db)} == {"4"}
    notices = db.rows(select(Notice.person_id).where(Notice.kind == "fairness.to_look_over"))
    assert [row.person_id for row in notices] == [cast.hr.id]


@pytest.mark.parametrize(
    ("day", "every", "years"),
    [("2026-03-01", 1, 4), ("2026-03-01", 3, None), ("2023-03-01", 1, 1), ("2022-03-01", 1, None),
     ("2026-03-02", 1, None)],
)  # fmt: skip
def test_anniversaries(cast: Any, db: Any, day: str, every: int, years: int | None) -> None:
    with db(read_only=True):
        found = queries.anniversaries(date.fromisoformat(day), every)
    assert found.get(cast.agent.id) == years


def test_several_are_paid_at_once(
    cast: Any, client_of: Any, db: Any, service: int, is_sound: Any
) -> None:
    with db():
        jobs.propose_service(clock.today())
    browser = client_of(cast.hr)
    page = browser.get("/fairness/due")
    assert cast.agent.name in page.text
    assert "满 4 年" in page.text
    chosen = [due_of(db, cast.agent), due_of(db, cast.colleague)]
    done = browser.submit("/fairness/due", due=chosen, act="approve")
    assert done.status_code == 303
    assert (wallet(db, cast.agent), wallet(db, cast.colleague)) == (20, 20)
    reasons = db.rows(select(Transfer.reason, Transfer.by_id))
    assert [tuple(row) for row in reasons] == [(Reason.RULE, cast.hr.id)] * 2
    told = db.rows(select(Notice.person_id).where(Notice.kind == "fairness.by_rule"))
    assert sorted(row.person_id for row in told) == sorted([cast.agent.id, cast.colleague.id])
    again = browser.submit("/fairness/due", due=chosen, act="approve")
    assert again.status_code == 409 or "办过了" in again.text
    assert wallet(db, cast.agent) == 20
    assert "满 4 年" not in client_of(cast.agent).get("/fairness/due").text
    assert is_sound()


def test_refused_with_a_reason(cast: Any, client_of: Any, db: Any, service: int) -> None:
    with db():
        jobs.propose_service(clock.today())
    browser, due = client_of(cast.hr), due_of(db, cast.agent)
    assert browser.submit("/fairness/due", due=[due], act="refuse").status_code == 422
    browser.submit("/fairness/due", due=[due], act="refuse", reasons="这一年休了长假")
    assert wallet(db, cast.agent) == 0
    assert next(row.state for row in dues(db) if row.id == due) == "refused"
    for typed in ({"due": []}, {"due": ["x"]}, {"due": ["999999"]}, {"due": ["9" * 19]}):
        assert browser.submit("/fairness/due", act="approve", **typed).status_code == 422


def test_who_left_meanwhile_gets_none(cast: Any, db: Any, service: int, at: Any) -> None:
    with db() as session:
        jobs.propose_service(clock.today())
        leave(session.get_one(Employment, cast.agent.employment_id), last_day=clock.today())
    at("2026-03-05 09:00")
    with db():
        both = [due_of(db, cast.agent), due_of(db, cast.colleague)]
        assert rules.approve(viewer(cast.hr), due_ids=both) == 1
    assert wallet(db, cast.agent) == 0
    assert next(row.state for row in dues(db) if row.person_id == cast.agent.id) == "dropped"


def test_only_the_owner_and_never_for_oneself(cast: Any, db: Any, service: int) -> None:
    with db():
        jobs.propose_service(clock.today())
    for who, due in (("agent", cast.colleague), ("hr_other", cast.agent), ("hr", cast.hr)):
        with db(), pytest.raises(Refused):
            rules.approve(viewer(getattr(cast, who)), due_ids=[due_of(db, due)])


def test_another_room_may_queue(cast: Any, db: Any, service: int, house_hr: Any) -> None:
    with db():
        about = {"person_id": cast.agent.id, "occurrence": "suggestion:12", "day": clock.today()}
        assert rules.queue(RuleKind.SUGGESTION, **about) == 0, "no rule"
        rules.set_rule(
            viewer(house_hr), kind="suggestion", name="好建议", amount=10,
            owner_id=cast.committee.id, since=clock.today(),
        )  # fmt: skip
        assert rules.queue(RuleKind.SUGGESTION, **about) == 1
        assert rules.queue(RuleKind.SUGGESTION, **about) == 0
        found = queries.waiting(viewer(cast.committee))
        assert [line.name for line in found] == [cast.agent.name]


def test_a_star_of_the_month(cast: Any, client_of: Any, db: Any, at: Any, house_hr: Any) -> None:
    at(SINCE)
    browser = client_of(house_hr)
    made = browser.submit(
        "/fairness/rules/new", kind="star", name="服务之星", amount="30",
        owner=f"{cast.committee.staff_no} {cast.committee.name}", since="2026-03-01",
    )  # fmt: skip
    assert made.status_code == 303
    owner = client_of(cast.committee)
    for who, status in ((cast.agent, 303), (cast.agent, 409), (cast.committee, 422)):
        sent = owner.submit("/fairness/stars", person=who.staff_no)
        assert sent.status_code == status or (status == 409 and sent.status_code == 422)
    assert len(dues(db)) == 1
    assert "没有归你负责" in client_of(cast.agent).get("/fairness/stars").text


def test_rules_are_of_the_whole_house(cast: Any, client_of: Any, db: Any, service: int) -> None:
    for member in (cast.agent, cast.leader, cast.hr_other):
        for url in ("/fairness/rules", "/fairness/rules/new", f"/fairness/rules/{service}/end"):
            assert client_of(member).get(url).status_code == 403
    browser = client_of(cast.hr)
    bad = {"kind": "service", "name": "x", "amount": "5", "owner": cast.hr.staff_no}
    for change in ({"every_years": ""}, {"amount": "0"}, {"since": "2020-01-01"}, {"owner": "x"}):
        typed = bad | {"every_years": "1", "since": "2026-03-01"} | change
        assert browser.submit("/fairness/rules/new", **typed).status_code == 422
    assert browser.submit(f"/fairness/rules/{service}/end").status_code == 303
    with db():
        assert jobs.propose_service(clock.today()) == 0
    assert db.scalar(select(func.count()).select_from(AwardRule)) == 1


@pytest.mark.parametrize(
    "change",
    ["state = 'paid'", "state = 'refused'", "decided_by_id = person_id", "amount = 0",
     "decided_at = proposed_at"],
)  # fmt: skip
def test_the_second_wall(db: Any, service: int, change: str) -> None:
    with db():
        jobs.propose_service(clock.today())
    with pytest.raises(IntegrityError), db() as session:
        session.execute(text(f"UPDATE award_due SET {change}"))


def test_numbers_of_the_check(cast: Any, client_of: Any, house_hr: Any) -> None:
    browser = client_of(house_hr)
    today = clock.today().isoformat()
    sent = browser.submit("/fairness/numbers", ring="30", favour="50", is_held="y", since=today)
    assert sent.status_code == 303
    page = browser.get("/fairness/numbers")
    assert 'value="30"' in page.text
    assert 'value="50"' in page.text
    assert "checked" in page.text
    assert browser.submit("/fairness/numbers", ring="-1", favour="0").status_code == 422
