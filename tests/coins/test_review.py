"""A large award waits for a second pair of eyes; it is decided once, as it was asked (A5)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError

from portal.base.errors import Refused
from portal.coins import jobs, policy, queries, rules
from portal.coins.models import Award, AwardRequest, Hold, RequestState, Transfer
from portal.notify.models import Notice
from portal.people import rules as people
from portal.people.models import Employment, RoleGrant, Unit
from portal.people.queries import viewer_of_person
from tests.client import form_of
from tests.coins.conftest import REASON

NOON = "2026-03-10 12:00"
GOOD = {"amount": "30", "value": "patience", "reason": REASON}


@pytest.fixture
def waiting(cast: Any, numbers: Any, fund: Any, give: Any) -> int:
    """Thirty coins each for two people, above a threshold of fifty: the request's number."""
    numbers(review=50)
    fund(100)
    request_id: int = give(30, people=[cast.agent, cast.colleague])
    return request_id


def state(db: Any, request_id: int) -> str:
    return str(db.scalar(select(AwardRequest.state).where(AwardRequest.id == request_id)))


def left(db: Any, cast: Any) -> tuple[int, int]:
    """What is left in the budget, and what is held out of it."""
    with db(read_only=True):
        found = queries.budget(viewer_of_person(cast.leader.id).place[0], date(2026, 3, 10))
    return found.left, found.held


def wallet(db: Any, person: Any) -> int:
    with db(read_only=True):
        return queries.wallet(person.id)


def told(db: Any, kind: str) -> set[int]:
    return {row[0] for row in db.rows(select(Notice.person_id).where(Notice.kind == kind))}


# ---- there and through ----------------------------------------------------------------------


def test_from_the_form_to_the_wallets(
    cast: Any, client_of: Any, db: Any, numbers: Any, *, fund: Any, is_sound: Any
) -> None:
    numbers(review=50)
    fund(100)
    giver, manager = client_of(cast.leader), client_of(cast.manager)
    both = [cast.agent.id, cast.colleague.id]
    looked = giver.submit(
        "/coins/award", act="review", people=both, happened_on="2026-02-27", **GOOD
    )
    assert "超过 50 枚" in looked.text
    path, fields = form_of(looked, "/coins/award")
    sent = giver.post(path, data={**fields, "people": both, "act": "confirm"})
    request_id = db.scalar(select(AwardRequest.id))
    assert sent.location == f"/coins/requests/{request_id}"
    assert (wallet(db, cast.agent), left(db, cast)) == (0, (40, 60))
    assert told(db, "coins.review_asked") == {cast.manager.id, cast.hr.id}
    assert "等复核" in giver.get("/coins/budget").text
    assert "等我复核" in manager.get("/coins/budget").text
    assert f"/coins/requests/{request_id}" in manager.get("/coins/reviews").text
    done = manager.submit(f"/coins/requests/{request_id}")
    award_id = db.scalar(select(Award.id))
    assert done.location == f"/coins/awards/{award_id}"
    assert (wallet(db, cast.agent), wallet(db, cast.colleague)) == (30, 30)
    assert left(db, cast) == (40, 0)
    assert told(db, "coins.awarded") == {cast.agent.id, cast.colleague.id}
    assert told(db, "coins.review_decided") == {cast.leader.id}
    given = db.rows(select(Award.by_id, Transfer.happened_on).join(Transfer))[0]
    assert given == (cast.leader.id, date(2026, 2, 27)), "the giver's, and of the day it happened"
    with db(read_only=True):
        assert queries.wallet_with_months(cast.agent.id).received == {"2026-02": 30}
    assert is_sound()


@pytest.mark.parametrize(("amount", "waits"), [(25, False), (26, True)])
def test_only_above_the_number(
    cast: Any, db: Any, numbers: Any, fund: Any, give: Any, *, amount: int, waits: bool
) -> None:
    numbers(review=50)
    fund(100)
    give(amount, people=[cast.agent, cast.colleague])
    assert bool(db.rows(select(AwardRequest.id))) == waits
    assert bool(db.rows(select(Award.id))) != waits


@pytest.mark.parametrize("number", [None, 0])
def test_no_number_no_review(
    cast: Any, db: Any, numbers: Any, fund: Any, *, give: Any, number: int | None
) -> None:
    numbers(**({} if number is None else {"review": number}))
    fund(100)
    give(100)
    assert wallet(db, cast.agent) == 100


def test_held_from_several_slices(
    cast: Any, db: Any, numbers: Any, fund: Any, *, give: Any, is_sound: Any
) -> None:
    """A budget of three thousand has three slices; what is given back goes into one of them."""
    numbers(review=50)
    fund(3000)
    request_id = give(950, people=[cast.agent, cast.colleague])
    assert left(db, cast) == (1100, 1900)
    with db() as session:
        asked = session.get(AwardRequest, request_id)
        rules.refuse(viewer_of_person(cast.hr.id), asked, version=1, answer="太多了")
    assert left(db, cast) == (3000, 0)
    assert is_sound()


def test_more_than_the_budget_holds(
    cast: Any, client_of: Any, db: Any, numbers: Any, fund: Any
) -> None:
    numbers(review=10)
    fund(20)
    answer = client_of(cast.leader).submit(
        "/coins/award", people=[cast.agent.id], **GOOD, act="confirm"
    )
    assert (answer.status_code, "还剩 20" in answer.text) == (422, True)
    assert not db.rows(select(AwardRequest.id))


def test_the_same_key_waits_once(db: Any, give: Any, cast: Any, waiting: int) -> None:
    assert give(30, people=[cast.agent, cast.colleague]) == waiting
    assert len(db.rows(select(Hold.id))) == 1


def test_refused_with_a_reason(
    cast: Any, client_of: Any, db: Any, is_sound: Any, waiting: int
) -> None:
    hr = client_of(cast.hr)
    url = f"/coins/requests/{waiting}/refuse"
    assert hr.submit(url, answer="").status_code == 422
    done = hr.submit(url, answer="两位做的不是同一件事，请分开写。")
    assert done.location == f"/coins/requests/{waiting}"
    assert (state(db, waiting), left(db, cast)) == ("refused", (100, 0))
    assert "请分开写" in client_of(cast.leader).get(f"/coins/requests/{waiting}").text
    assert told(db, "coins.review_decided") == {cast.leader.id}
    assert told(db, "coins.awarded") == set()
    assert is_sound()


def test_called_back(cast: Any, client_of: Any, db: Any, is_sound: Any, waiting: int) -> None:
    giver = client_of(cast.leader)
    assert f"/coins/requests/{waiting}/recall" in giver.get(f"/coins/requests/{waiting}").text
    assert giver.submit(f"/coins/requests/{waiting}/recall").status_code == 303
    assert (state(db, waiting), left(db, cast)) == ("recalled", (100, 0))
    late = client_of(cast.manager)
    assert "收回了" in late.get(f"/coins/requests/{waiting}").text
    assert is_sound()


def test_it_lapses_after_a_fortnight(
    cast: Any, client_of: Any, db: Any, at: Any, is_sound: Any, *, waiting: int
) -> None:
    at("2026-03-24 23:59")
    with db():
        assert jobs.lapse_requests(date(2026, 3, 24)) == 0
    manager = client_of(cast.manager)
    drawn = form_of(manager.get(f"/coins/requests/{waiting}"), f"/coins/requests/{waiting}")
    at("2026-03-25 00:01")
    late = manager.post(drawn[0], data=drawn[1])
    assert (late.status_code, "已经过期" in late.text) == (409, True)
    for found in (1, 0):  # run twice, done once
        with db():
            assert jobs.lapse_requests(date(2026, 3, 25)) == found
    assert (state(db, waiting), left(db, cast)) == ("lapsed", (100, 0))
    assert told(db, "coins.review_decided") == {cast.leader.id}
    assert is_sound()


def test_a_hold_that_lapsed_by_itself(
    db: Any, cast: Any, at: Any, is_sound: Any, waiting: int
) -> None:
    at("2026-03-25 00:01")
    with db():
        assert rules.lapse_holds() == 1
    with db():
        assert rules.lapse_requests() == 1
    assert (state(db, waiting), left(db, cast)) == ("lapsed", (100, 0))
    assert is_sound()


# ---- A5 -------------------------------------------------------------------------------------


def test_never_one_s_own(cast: Any, client_of: Any, db: Any, waiting: int) -> None:
    giver = client_of(cast.leader)
    page = giver.get(f"/coins/requests/{waiting}")
    assert "同意，发出去" not in page.text
    answer = giver.act(f"/coins/requests/{waiting}", version="1", request_key="own-approval")
    assert (answer.status_code, "请别人来复核" in answer.text) == (403, True)
    assert giver.act(f"/coins/requests/{waiting}/refuse", version="1").status_code == 403
    assert state(db, waiting) == "waiting"


def test_never_a_receiver(
    cast: Any, client_of: Any, db: Any, numbers: Any, *, fund: Any, give: Any
) -> None:
    """HR receives: somebody else decides, and she is not told of it before."""
    numbers(review=10)
    with db() as session:
        hr = session.get(Employment, cast.hr.employment_id)
        unit = viewer_of_person(cast.agent.id).place[0]
        people.assign(hr, unit=session.get_one(Unit, unit), title="班员", since=date(2026, 3, 1))
    fund(100)
    request_id = give(30, people=[cast.hr])
    assert told(db, "coins.review_asked") == {cast.manager.id}
    browser = client_of(cast.hr)
    assert browser.get(f"/coins/requests/{request_id}").status_code == 404
    assert "没有等你复核的" in browser.get("/coins/reviews").text
    with db() as session:
        viewer, asked = viewer_of_person(cast.hr.id), session.get(AwardRequest, request_id)
        with pytest.raises(Refused) as refused:
            rules.approve(viewer, asked, version=1)
    assert refused.value.status == 403


@pytest.mark.parametrize(
    ("who", "status"),
    [("agent", 404), ("colleague", 404), ("outsider", 404), ("other_leader", 404),
     ("hr_other", 404), ("committee", 404), ("general_manager", 404), ("administrator", 404),
     ("auditor", 200), ("hr", 200), ("manager", 200), ("leader", 200)],
)  # fmt: skip
def test_who_sees_it(
    cast: Any, client_of: Any, db: Any, *, waiting: int, who: str, status: int
) -> None:
    browser = client_of(getattr(cast, who))
    assert browser.get(f"/coins/requests/{waiting}").status_code == status
    decides = who in {"hr", "manager"}
    refuse = browser.get(f"/coins/requests/{waiting}/refuse").status_code
    assert refuse == (404 if status == 404 else 200 if decides else 403)
    with db(read_only=True) as session:
        viewer = viewer_of_person(getattr(cast, who).id)
        asked = session.get(AwardRequest, waiting)
        assert policy.may_decide(viewer, asked) == decides
        listed = [line.id for line in queries.waiting_awards(viewer, None, 25)]
        assert listed == ([waiting] if decides else []), "the twin of may_decide"
        assert queries.queue(viewer).total == len(listed)


def test_twice_and_from_two_browsers(
    cast: Any, client_of: Any, db: Any, is_sound: Any, waiting: int
) -> None:
    url = f"/coins/requests/{waiting}"
    manager, hr = client_of(cast.manager), client_of(cast.hr)
    drawn = {who: form_of(who.get(url), url)[1] for who in (manager, hr)}
    first = manager.post(url, data=drawn[manager])
    again = manager.post(url, data=drawn[manager])
    assert (first.status_code, again.status_code) == (303, 303)
    assert again.location == first.location, "a double click is one approval"
    late = hr.post(url, data=drawn[hr])
    assert (late.status_code, f"{cast.manager.name} 已经同意了" in late.text) == (409, True)
    anew = manager.act(url, version="1", request_key="another-key")
    assert anew.status_code == 409
    assert wallet(db, cast.agent) == 30
    assert is_sound()


@pytest.mark.parametrize(
    "changed",
    [{"amount": "31"}, {"people": "4"}, {"total": "1"}, {"happened_on": "2026-03-01"},
     {"value": "care"}, {"head_count": "1"}],
)  # fmt: skip
def test_nothing_can_be_changed_in_the_approval(
    cast: Any, client_of: Any, db: Any, *, waiting: int, changed: dict[str, str]
) -> None:
    answer = client_of(cast.manager).submit(f"/coins/requests/{waiting}", **changed)
    assert (answer.status_code, "不能改内容" in answer.text) == (409, True)
    assert (state(db, waiting), wallet(db, cast.agent)) == ("waiting", 0)


@pytest.mark.parametrize("version", ["0", "2", "", "x", "１", "99999999999"])
def test_another_version(cast: Any, client_of: Any, db: Any, *, waiting: int, version: str) -> None:
    answer = client_of(cast.manager).submit(f"/coins/requests/{waiting}", version=version)
    assert (answer.status_code, "先处理过了" in answer.text) == (409, True)
    assert state(db, waiting) == "waiting"


@pytest.mark.parametrize(
    "change", [{"amount": 1}, {"head_count": 9}, {"by_id": 2}, {"unit_id": 1}, {"value": "care"}]
)
def test_the_database_keeps_what_was_asked(
    db: Any, *, waiting: int, change: dict[str, Any]
) -> None:
    with pytest.raises(DBAPIError), db() as session:
        session.execute(update(AwardRequest).values(change))
    with pytest.raises(DBAPIError), db() as session:
        session.execute(
            update(AwardRequest).values(
                state=RequestState.APPROVED, decided_by_id=AwardRequest.by_id
            )
        )


def test_a_leaver_is_named(cast: Any, client_of: Any, db: Any, waiting: int) -> None:
    with db() as session:
        people.leave(
            session.get(Employment, cast.colleague.employment_id), last_day=date(2026, 3, 9)
        )
    answer = client_of(cast.manager).submit(f"/coins/requests/{waiting}")
    assert (answer.status_code, f"{cast.colleague.name} 已经离职" in answer.text) == (409, True)
    assert (state(db, waiting), wallet(db, cast.agent)) == ("waiting", 0)


def test_a_cap_that_filled_meanwhile(
    cast: Any, client_of: Any, db: Any, numbers: Any, *, give: Any, is_sound: Any, waiting: int
) -> None:
    numbers(most_received=40)
    give(20, key="meanwhile")
    answer = client_of(cast.manager).submit(f"/coins/requests/{waiting}")
    assert answer.status_code == 409
    assert f"{cast.agent.name} 在3月还可以收 20 枚金币" in answer.text
    assert "请退回这一次" in answer.text
    assert (state(db, waiting), wallet(db, cast.colleague)) == ("waiting", 0)
    assert is_sound()


def test_a_reviewed_award_is_taken_back_whole(
    cast: Any, client_of: Any, db: Any, is_sound: Any, waiting: int
) -> None:
    """Its coins came out of a hold; they go back into the budget, not into the hold."""
    client_of(cast.manager).submit(f"/coins/requests/{waiting}")
    award_id = db.scalar(select(Award.id))
    assert client_of(cast.leader).submit(f"/coins/awards/{award_id}/withdraw").status_code == 303
    assert (wallet(db, cast.agent), left(db, cast)) == (0, (100, 0))
    assert is_sound()


def test_nobody_to_decide(cast: Any, db: Any, numbers: Any, fund: Any) -> None:
    numbers(review=10)
    fund(100)
    with db() as session:
        session.execute(
            update(RoleGrant)
            .where(RoleGrant.person_id.in_([cast.manager.id, cast.hr.id]))
            .values(valid_to=date(2026, 3, 1))
        )
    with db(), pytest.raises(Refused, match="没有别人能复核"):
        rules.award(
            viewer_of_person(cast.leader.id), people=[cast.agent.id], amount=30, reason=REASON,
            value="care", key="k",
        )  # fmt: skip
