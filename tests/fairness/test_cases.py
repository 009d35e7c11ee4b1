"""Cases: what opens one, who hears of it, what both may say, who decides, what it does to coins."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from portal.audit.models import Look
from portal.base import clock
from portal.base.errors import Refused
from portal.coins import rules as coins
from portal.coins.models import AccountKind, Hold, Reason, Transfer
from portal.fairness import jobs, policy, queries, rules
from portal.fairness.models import Case, CaseItem
from portal.notify.models import Notice
from portal.people.queries import viewer_of_person
from portal.people.rules import make_token
from tests.fairness.conftest import WORDS, viewer, wallet

URL = "/fairness/cases/1"
REASONS = "两位都说清楚了，带新人那个月确实是这样。"


def the_case(db: Any) -> Any:
    [row] = db.rows(
        select(Case.kind, Case.state, Case.there, Case.back, Case.given, Case.decided_by_id)
    )
    return tuple(row)


def told(db: Any, kind: str) -> set[int]:
    return {row[0] for row in db.rows(select(Notice.person_id).where(Notice.kind == kind))}


# ---- opening ----------------------------------------------------------------------------------


def test_two_who_give_each_other_much(
    cast: Any, db: Any, ring: int, look: Any, is_sound: Any
) -> None:
    assert the_case(db)[:5] == ("mutual", "open", 30, 40, 30)
    assert told(db, "fairness.opened") == {cast.agent.id, cast.colleague.id}
    assert told(db, "fairness.waiting") == {cast.auditor.id}
    assert (wallet(db, cast.agent), wallet(db, cast.colleague)) == (0, 0), "held"
    assert look() == 0, "what was asked about is not asked again"
    assert is_sound()


def test_below_the_number_nothing_is_asked(
    cast: Any, db: Any, thank: Any, numbers: Any, look: Any
) -> None:
    thank(cast.agent, cast.colleague, 30)
    thank(cast.colleague, cast.agent, 24)
    assert look() == 0, "no number, no question"
    numbers(ring=25)
    assert look() == 0


def test_one_who_gives_mostly_to_one(
    cast: Any, db: Any, thank: Any, numbers: Any, look: Any
) -> None:
    numbers(favour=20, held=0)
    thank(cast.agent, cast.colleague, 20)
    thank(cast.agent, cast.outsider, 20)
    assert look() == 0, "half is not more than half"
    thank(cast.agent, cast.colleague, 1)
    assert look() == 1
    assert the_case(db)[:5] == ("favourite", "open", 21, 0, 41)
    assert wallet(db, cast.colleague) == 21, "only marked"


def test_what_does_not_count(
    cast: Any, db: Any, thank: Any, numbers: Any, look: Any, *, at: Any
) -> None:
    numbers(favour=20)
    at(f"{clock.today() - timedelta(days=91)} 10:00")
    thank(cast.agent, cast.colleague, 50)
    at(f"{clock.today() + timedelta(days=91)} 10:00")
    assert look() == 0, "too long ago"
    back = thank(cast.agent, cast.colleague, 50)
    with db():
        coins.reverse(back, key="back", reason=Reason.WITHDRAW, by_id=cast.agent.id)
        source = coins.account(AccountKind.ISSUE).id
        wallets = coins.accounts_of(AccountKind.WALLET, [cast.colleague.id, cast.outsider.id])
        coins.transfer(
            key="both", reason=Reason.AWARD, by_id=cast.agent.id,
            legs=[(source, -60), *((each, 30) for each in wallets.values())],
        )  # fmt: skip
    assert look() == 0, "taken back, or given to several at once"


def test_as_far_as_the_coins_are_there(
    cast: Any, db: Any, thank: Any, numbers: Any, look: Any, *, is_sound: Any
) -> None:
    thank(cast.agent, cast.colleague, 30)
    with db():
        sink = coins.account(AccountKind.STORE).id
        mine = coins.accounts_of(AccountKind.WALLET, [cast.colleague.id])[cast.colleague.id]
        coins.transfer(key="spent", reason=Reason.ORDER, legs=[(mine, -18), (sink, 18)], by_id=None)
    numbers(favour=20)
    assert look() == 1
    assert db.scalar(select(Hold.amount)) == 12
    assert wallet(db, cast.colleague) == 0
    assert is_sound()


# ---- seeing -----------------------------------------------------------------------------------


def test_who_sees_it(cast: Any, client_of: Any, db: Any, ring: int) -> None:
    for member in (cast.agent, cast.colleague, cast.auditor, cast.general_manager, cast.hr_other):
        browser = client_of(member)
        assert browser.get(URL).status_code == 200, member.name
        assert cast.colleague.name in browser.get("/fairness/").text
    for member in (
        cast.leader, cast.manager, cast.hr, cast.outsider, cast.other_leader, cast.committee,
        cast.administrator,
    ):  # fmt: skip
        browser = client_of(member)
        for url in (URL, f"{URL}/answer", f"{URL}/decide"):
            assert browser.get(url).status_code == 404, member.name
        assert cast.colleague.name not in browser.get("/fairness/").text.split("<main")[1]
    assert client_of(cast.agent).get(f"{URL}/decide").status_code == 403
    assert client_of(cast.auditor).get(f"{URL}/answer").status_code == 403


def test_the_list_and_the_record_agree(cast: Any, db: Any, ring: int) -> None:
    with db(read_only=True) as session:
        case = session.get_one(Case, 1)
        for member in cast.members().values():
            person = viewer_of_person(member.id)
            if person is None:
                continue  # no account
            seen = session.scalar(select(Case.id).where(queries.visible_to(person)))
            assert (seen == 1) == policy.may_see(person, case), member.name


def test_a_look_is_noted_for_both(cast: Any, client_of: Any, db: Any, ring: int) -> None:
    client_of(cast.auditor).get(URL)
    client_of(cast.agent).get(URL)
    looks = db.rows(select(Look.person_id, Look.viewer_id, Look.part))
    assert {tuple(row) for row in looks} == {
        (cast.agent.id, cast.auditor.id, "coin_case"),
        (cast.colleague.id, cast.auditor.id, "coin_case"),
    }
    assert "金币核查" in client_of(cast.agent).get("/growth/looks").text


# ---- answering and deciding --------------------------------------------------------------------


def answer_both(client_of: Any, cast: Any) -> None:
    for member in (cast.agent, cast.colleague):
        assert client_of(member).submit(f"{URL}/answer", words=WORDS).status_code == 303


def test_both_say_and_read(cast: Any, client_of: Any, ring: int) -> None:
    browser = client_of(cast.agent)
    assert browser.submit(f"{URL}/answer", words="短").status_code == 422
    browser.submit(f"{URL}/answer", words=WORDS)
    again = browser.get(f"{URL}/answer")
    assert WORDS in again.text, "what was said can be said better"
    browser.submit(f"{URL}/answer", words=WORDS + "还有夜班。")
    assert "还有夜班" in client_of(cast.colleague).get(URL).text


def test_cleared(cast: Any, client_of: Any, db: Any, ring: int, is_sound: Any) -> None:
    decider = client_of(cast.auditor)
    early = decider.submit(f"{URL}/decide", state="cleared", reasons=REASONS)
    assert early.status_code == 422
    assert "没有说明" in early.text
    answer_both(client_of, cast)
    assert decider.submit(f"{URL}/decide", state="cleared", reasons="好").status_code == 422
    assert decider.submit(f"{URL}/decide", state="cleared", reasons=REASONS).status_code == 303
    assert the_case(db)[1] == "cleared"
    assert (wallet(db, cast.agent), wallet(db, cast.colleague)) == (40, 30)
    assert told(db, "fairness.ended") == {cast.agent.id, cast.colleague.id}
    assert REASONS in client_of(cast.agent).get(URL).text
    again = decider.submit(f"{URL}/decide", state="corrected", reasons=REASONS)
    assert again.status_code in {409, 422}
    assert the_case(db)[1] == "cleared"
    assert is_sound()


def test_corrected_by_linked_reversals_and_no_fine(
    cast: Any, client_of: Any, db: Any, ring: int, thank: Any, *, is_sound: Any
) -> None:
    thank(cast.leader, cast.agent, 7)
    answer_both(client_of, cast)
    decider = client_of(cast.hr_other)
    decider.submit(f"{URL}/decide", state="corrected", reasons=REASONS)
    assert the_case(db)[1] == "corrected"
    assert (wallet(db, cast.agent), wallet(db, cast.colleague)) == (7, 0)
    links = db.rows(
        select(CaseItem.transfer_id, Transfer.reverses_id, Transfer.reason).join(
            Transfer, Transfer.id == CaseItem.reversal_id
        )
    )
    assert len(links) == 3
    assert all(row[0] == row[1] and row[2] == "reversal" for row in links)
    assert "已撤回" in client_of(cast.colleague).get(URL).text
    assert is_sound()


def test_what_was_spent_is_let_be(
    cast: Any, db: Any, thank: Any, numbers: Any, look: Any, *, at: Any, is_sound: Any
) -> None:
    numbers(favour=20, held=0)
    thank(cast.agent, cast.colleague, 25)
    thank(cast.agent, cast.colleague, 5)
    assert look() == 1
    with db():
        sink = coins.account(AccountKind.STORE).id
        mine = coins.accounts_of(AccountKind.WALLET, [cast.colleague.id])[cast.colleague.id]
        coins.transfer(key="spent", reason=Reason.ORDER, legs=[(mine, -10), (sink, 10)], by_id=None)
    at(f"{clock.today() + timedelta(days=8)} 10:00")
    with db() as session:
        rules.decide(
            viewer(cast.auditor), session.get_one(Case, 1), state="corrected", reasons=REASONS
        )
    assert wallet(db, cast.colleague) == 15, "20 were left: 5 taken back, 25 could not be"
    assert db.scalar(select(func.count()).where(CaseItem.reversal_id.is_not(None))) == 1
    assert is_sound()


def test_nobody_decides(
    cast: Any, db: Any, ring: int, at: Any, client_of: Any, *, is_sound: Any
) -> None:
    today = clock.today()
    at(f"{today + timedelta(days=30)} 23:00")
    with db():
        assert jobs.lapse_cases(clock.today()) == 0
    at(f"{today + timedelta(days=31)} 00:20")
    with db():
        coins.lapse_holds()
    with db():
        assert jobs.lapse_cases(clock.today()) == 1
        assert jobs.lapse_cases(clock.today()) == 0
    assert the_case(db)[1] == "lapsed"
    assert (wallet(db, cast.agent), wallet(db, cast.colleague)) == (40, 30)
    with db() as session, pytest.raises(Refused):
        rules.answer(viewer(cast.agent), session.get_one(Case, 1), words=WORDS)
    assert is_sound()


@pytest.mark.parametrize("who", ["agent", "leader", "hr", "outsider"])
def test_the_rule_refuses_who_is_in_the_line(cast: Any, db: Any, ring: int, who: str) -> None:
    with db() as session, pytest.raises(Refused):
        rules.decide(
            viewer(getattr(cast, who)), session.get_one(Case, 1), state="cleared", reasons=REASONS
        )


@pytest.mark.parametrize(
    "change",
    [
        "state = 'cleared'",
        "decided_by_id = giver_id, state = 'cleared', reasons = 'x', ended_at = opened_at",
        "receiver_id = giver_id",
        "state = 'lapsed'",
        "due_on = since",
        "back = 0",
        "reasons = 'without'",
    ],
)
def test_the_second_wall(db: Any, ring: int, change: str) -> None:
    with pytest.raises(IntegrityError), db() as session:
        session.execute(text(f"UPDATE fairness_case SET {change}"))


def test_over_the_api(cast: Any, db: Any, app: Any, ring: int) -> None:
    def ask(member: Any) -> Any:
        with db():
            _row, secret = make_token(
                viewer(member), name="case", scopes=["coins:read", "coins:write"],
                expires_on=clock.today() + timedelta(days=9),
            )  # fmt: skip
        client = app.test_client()
        return lambda method, url, key="case-00001", **body: client.open(
            f"/api/v1/fairness{url}", method=method, json=body or None,
            headers={"Authorization": f"Bearer {secret}", "Idempotency-Key": key},
        )  # fmt: skip

    agent, auditor, leader = ask(cast.agent), ask(cast.auditor), ask(cast.leader)
    assert [each["id"] for each in agent("GET", "/cases").json["cases"]] == [1]
    assert leader("GET", "/cases").json["cases"] == []
    assert leader("GET", "/cases/1").status_code == 404
    assert agent("POST", "/cases/1/answer", words=WORDS).status_code == 200
    assert (
        ask(cast.colleague)("POST", "/cases/1/answer", "case-00003", words=WORDS).status_code == 200
    )
    refused = agent("POST", "/cases/1/decision", "case-00002", state="cleared", reasons=REASONS)
    assert refused.status_code == 403
    done = auditor("POST", "/cases/1/decision", "case-00004", state="cleared", reasons=REASONS)
    assert (done.status_code, done.json["state"], len(done.json["answers"])) == (200, "cleared", 2)


def test_the_numbers_are_of_the_whole_house(cast: Any, client_of: Any) -> None:
    assert client_of(cast.hr).get("/fairness/numbers").status_code == 403
    assert client_of(cast.agent).get("/fairness/numbers").status_code == 403
