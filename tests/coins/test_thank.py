"""Thanking a colleague: from one's own allowance, in words, a third to one person at most."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.base.errors import Refused
from portal.coins import jobs, policy, queries, room, rules
from portal.coins.models import Account, AccountKind, Award, Reason, RuleName, Transfer
from portal.notify.models import Notice
from portal.people.queries import viewer_of_person

WORDS = "你替我接了那通最难的电话，我才喘得过气来。"
NOON = "2026-03-10 12:00"


@pytest.fixture
def nine(db: Any, at: Any) -> None:
    """Everybody has nine coins a month to thank with."""
    at(NOON)
    with db():
        rules.set_number(None, RuleName.ALLOWANCE, number=9, since=date(2026, 3, 1))


@pytest.fixture
def thank(db: Any, cast: Any, nine: None) -> Callable[..., int]:
    """Thanks by the rule: answers their number."""

    def give(amount: int = 2, *, by: Any = None, to: Any = None, key: str = "once") -> int:
        with db():
            viewer = viewer_of_person((by or cast.agent).id)
            assert viewer is not None
            return rules.thank(
                viewer, person_id=(to or cast.colleague).id, amount=amount, reason=WORDS, key=key
            ).id

    return give


def own(db: Any, person: Any) -> tuple[int, int]:
    with db(read_only=True):
        found = queries.allowance(person.id)
        return found.number, found.left


def wallet(db: Any, person: Any) -> int:
    with db(read_only=True):
        return queries.wallet(person.id)


def test_from_the_own_allowance(
    cast: Any, client_of: Any, db: Any, nine: None, is_sound: Any
) -> None:
    browser = client_of(cast.agent)
    team = browser.get("/coins/thank")
    assert "还有 9 枚" in team.text
    assert cast.colleague.name in team.text
    assert cast.outsider.name not in team.text, "never a list of all"
    assert cast.outsider.name in browser.get("/coins/thank?q=lijing").text
    assert db.scalar(select(func.count()).select_from(Account)) == 0, "looking opens nothing"
    done = browser.submit(f"/coins/thank/{cast.outsider.id}", amount="3", reason=WORDS)
    assert done.status_code == 303
    assert own(db, cast.agent) == (9, 6)
    assert wallet(db, cast.outsider) == 3
    assert wallet(db, cast.agent) == 0
    page = client_of(cast.outsider).get(done.location).text
    assert WORDS in page
    assert f"{cast.agent.name} 谢谢你" in page
    told = db.rows(select(Notice.person_id, Notice.link).where(Notice.kind == "coins.thanked"))
    assert told == [(cast.outsider.id, done.location)]
    assert "同事的感谢" in client_of(cast.outsider).get("/coins/").text
    assert is_sound()


def test_the_team_of_who_was_thanked_sees_it(
    cast: Any, client_of: Any, thank: Any, db: Any
) -> None:
    number = thank(2, by=cast.outsider, to=cast.agent)
    seen = {"agent", "outsider", "colleague", "leader", "manager", "hr", "auditor",
            "general_manager"}  # fmt: skip
    for who in (*seen, "other_leader", "hr_other", "committee", "station", "administrator"):
        viewer_page = client_of(getattr(cast, who)).get(f"/coins/awards/{number}")
        assert viewer_page.status_code == (200 if who in seen else 404), who
    assert WORDS in client_of(cast.colleague).get("/").text, "the feed of the team"
    assert WORDS not in client_of(cast.leader).get("/coins/budget").text, "no budget was used"
    with db(read_only=True) as session:
        for member in cast.members().values():
            viewer = viewer_of_person(member.id)
            if viewer is not None:
                listed = set(session.scalars(select(Award.id).where(queries.visible_to(viewer))))
                judged = {a.id for a in session.scalars(select(Award)) if policy.may_see(viewer, a)}
                assert listed == judged


def test_in_the_growth_file(cast: Any, app: Any, db: Any, thank: Any) -> None:
    thank(3)
    with db(read_only=True), app.test_request_context():
        leader = viewer_of_person(cast.leader.id)
        assert leader is not None
        (section,) = room.file_sections(cast.colleague.id, leader)
    assert section.value == "3"
    assert section.entries[0].title == "同事的感谢 · 3 枚金币"


def test_a_third_to_one_person(cast: Any, client_of: Any, db: Any, thank: Any) -> None:
    thank(2)
    browser = client_of(cast.agent)
    answer = browser.submit(f"/coins/thank/{cast.colleague.id}", amount="2", reason=WORDS)
    assert answer.status_code == 422
    assert "最多给同一个人 3 枚" in answer.text
    assert own(db, cast.agent) == (9, 7)
    thank(3, to=cast.leader, key="b")
    thank(3, to=cast.outsider, key="c")
    thank(1, key="d")
    assert own(db, cast.agent) == (9, 0)
    with pytest.raises(Refused, match="还剩 0"):
        thank(1, to=cast.station, key="e")
    assert "用完了" in browser.get("/coins/thank").text


@pytest.mark.parametrize(
    "typed",
    [{"amount": "0"}, {"amount": "-1"}, {"amount": "4"}, {"amount": "1.5"}, {"amount": "99999"},
     {"amount": ""}, {"reason": "谢谢"}, {"reason": ""}, {"reason": "字" * 301}],
)  # fmt: skip
def test_what_is_refused(cast: Any, client_of: Any, db: Any, nine: None, typed: Any) -> None:
    asked = {"amount": "1", "reason": WORDS} | typed
    answer = client_of(cast.agent).submit(f"/coins/thank/{cast.colleague.id}", **asked)
    assert answer.status_code == 422
    assert own(db, cast.agent) == (9, 9)
    assert db.scalar(select(func.count()).select_from(Transfer)) == 0


def test_not_to_oneself_and_not_to_who_left(cast: Any, client_of: Any, db: Any, thank: Any) -> None:
    browser = client_of(cast.agent)
    answer = browser.submit(f"/coins/thank/{cast.agent.id}", amount="1", reason=WORDS)
    assert answer.status_code == 422
    assert "不能谢自己" in answer.text
    assert browser.get(f"/coins/thank/{cast.leaver.id}").status_code == 404
    assert browser.get("/coins/thank/999999").status_code == 404
    with pytest.raises(Refused, match="已经离职"):
        thank(to=cast.leaver)
    assert own(db, cast.agent) == (9, 9)


def test_without_the_number_there_is_none(cast: Any, client_of: Any, db: Any, at: Any) -> None:
    at(NOON)
    browser = client_of(cast.agent)
    assert "还没有开放" in browser.get("/coins/thank").text
    assert "/coins/thank" not in browser.get("/").text
    assert "/coins/thank" not in browser.get("/coins/").text
    answer = browser.submit(f"/coins/thank/{cast.colleague.id}", amount="1", reason=WORDS)
    assert answer.status_code == 422
    assert own(db, cast.agent) == (0, 0)
    with db():
        rules.set_number(None, RuleName.ALLOWANCE, number=9, since=date(2026, 3, 1))
    assert "/coins/thank" in browser.get("/").text, "the first screen offers it"


def test_the_same_request_twice(cast: Any, thank: Any, db: Any, is_sound: Any) -> None:
    assert thank(3, key="a") == thank(3, key="a")
    assert own(db, cast.agent) == (9, 6)
    with pytest.raises(Refused) as refused:
        thank(2, key="a")
    assert refused.value.status == 409
    assert is_sound()


def test_taken_back_within_a_quarter_of_an_hour(
    cast: Any, client_of: Any, db: Any, *, at: Any, thank: Any, is_sound: Any
) -> None:
    number = thank(3)
    browser = client_of(cast.agent)
    at("2026-03-10 12:14")
    assert browser.submit(f"/coins/awards/{number}/withdraw").status_code == 303
    assert own(db, cast.agent) == (9, 9)
    assert wallet(db, cast.colleague) == 0
    assert thank(3, key="again"), "what was taken back may be given again"
    at("2026-03-10 12:40")
    later = browser.submit(f"/coins/awards/{number + 1}/withdraw")
    assert later.status_code == 422
    assert client_of(cast.leader).get(f"/coins/awards/{number}/withdraw").status_code == 403
    assert is_sound()


# ---- the month ------------------------------------------------------------------------------


def test_the_night_belongs_to_the_day_before(cast: Any, db: Any, at: Any, thank: Any) -> None:
    thank(3)
    at("2026-04-01 05:59")
    assert own(db, cast.agent) == (9, 6)
    thank(3, to=cast.leader, key="at night")
    at("2026-04-01 06:00")
    assert own(db, cast.agent) == (9, 9)
    thank(3, key="in the morning")
    assert {row.period for row in db.rows(select(Account.period).where(
        Account.kind == AccountKind.ALLOWANCE))} == {"2026-03", "2026-04"}  # fmt: skip


def test_what_was_not_given_lapses_once(
    cast: Any, db: Any, at: Any, *, thank: Any, fund: Any, is_sound: Any
) -> None:
    number = thank(2)
    fund(100)
    at("2026-04-01 05:00")
    with db():
        assert jobs.lapse_unused(date(2026, 4, 1)) == 0, "the last night is not over"
    at("2026-04-01 06:20")
    for expected in (2, 0):
        with db():
            assert jobs.lapse_unused(date(2026, 4, 1)) == expected
    assert db.scalar(select(Account.balance).where(Account.kind == AccountKind.EXPIRED)) == 107
    assert own(db, cast.agent) == (9, 9), "a new month, a new allowance"
    with db() as session:  # what comes back to a month that is over lapses as well
        transfer = session.get_one(Award, number).transfer_id
        rules.reverse(transfer, key="late", reason=Reason.REVERSAL, by_id=None)
    with db():
        assert jobs.lapse_unused(date(2026, 4, 2)) == 1
    assert is_sound()


def test_the_number_may_change_in_the_month(cast: Any, db: Any, thank: Any) -> None:
    thank(3)
    with db():
        rules.set_number(None, RuleName.ALLOWANCE, number=30, since=date(2026, 3, 10))
    assert own(db, cast.agent) == (9, 6), "begun with the old number"
    assert own(db, cast.leader) == (30, 30)
    with db():
        rules.set_number(None, RuleName.ALLOWANCE, number=0, since=date(2026, 3, 10))
    assert own(db, cast.agent) == (0, 0)
