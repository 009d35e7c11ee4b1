"""The numbers of the house: read by who oversees, set by HR of the whole house, from a day on."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from portal.base.errors import Refused
from portal.coins import queries, rules
from portal.coins.models import RuleName

MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)


@pytest.fixture
def hr_of_all(cast: Any, db: Any, at: Any) -> Any:
    from portal.people import rules as people
    from portal.people.models import Person, Role

    at("2026-03-05 10:00")
    with db() as session:
        person = session.get_one(Person, cast.hr.id)
        people.give_role(None, person, role=Role.HR, since=MARCH)
    return cast.hr


def test_set_from_a_day_on(client_of: Any, db: Any, hr_of_all: Any) -> None:
    browser = client_of(hr_of_all)
    for rule in RuleName:
        done = browser.submit(
            f"/coins/numbers/{rule.value}", number=str(min(6, rule.most)), since="2026-04-01"
        )
        assert done.status_code == 303
    with db(read_only=True):
        assert queries.numbers_on(date(2026, 3, 31)) == {}
        assert queries.numbers_on(APRIL) == {rule.value: min(6, rule.most) for rule in RuleName}
        line = next(each for each in queries.number_lines(MARCH) if each.name == RuleName.RATE)
        assert (line.now, line.next.number, line.next.since) == (0, 6, APRIL)  # type: ignore[union-attr]
    text = browser.get("/coins/numbers").text
    assert "2026-04-01 起改为 6" in text
    assert "何文静" in browser.get("/coins/numbers/rate").text


@pytest.mark.parametrize(
    ("number", "since"),
    [("6", "2026-02-28"), ("-1", "2026-04-01"), ("1001", "2026-04-01"), ("", "2026-04-01"),
     ("6", ""), ("2.5", "2026-04-01")],
)  # fmt: skip
def test_what_makes_no_sense(
    client_of: Any, db: Any, hr_of_all: Any, number: str, since: str
) -> None:
    answer = client_of(hr_of_all).submit("/coins/numbers/allowance", number=number, since=since)
    assert answer.status_code == 422
    with db(read_only=True):
        assert queries.decisions(RuleName.ALLOWANCE) == []


def test_a_later_decision_replaces_what_was_planned(db: Any, at: Any) -> None:
    at("2026-03-05 10:00")
    with db():
        rules.set_number(None, RuleName.EXPIRY, number=12, since=MARCH)
        rules.set_number(None, RuleName.EXPIRY, number=24, since=date(2026, 6, 1))
        rules.set_number(None, RuleName.EXPIRY, number=0, since=APRIL)
        found = [
            (each.number, each.since, each.until) for each in queries.decisions(RuleName.EXPIRY)
        ]
    assert found == [(0, APRIL, None), (12, MARCH, APRIL)]
    for wrong in (True, 2.5, "5", 121):
        with db(), pytest.raises(Refused):
            rules.set_number(None, RuleName.EXPIRY, number=wrong, since=APRIL)  # type: ignore[arg-type]


def test_who_reads_and_who_sets(cast: Any, client_of: Any) -> None:
    for who, status in (
        ("hr", 200), ("auditor", 200), ("general_manager", 200),
        ("agent", 403), ("leader", 403), ("administrator", 403), ("committee", 403),
    ):  # fmt: skip
        browser = client_of(getattr(cast, who))
        assert browser.get("/coins/numbers").status_code == status, who
        assert browser.get("/coins/numbers/rate").status_code == 403, who
        assert browser.act("/coins/numbers/rate", number=5, since="2026-04-01").status_code == 403


def test_by_command(app: Any, db: Any, at: Any) -> None:
    at("2026-03-05 10:00")
    run = app.test_cli_runner().invoke
    assert run(args=["coins", "number", "expiry", "12", "--since", "2026-04-01"]).exit_code == 0
    assert run(args=["coins", "number", "allowance", "9"]).exit_code == 0
    with db(read_only=True):
        assert queries.numbers_on(APRIL) == {"expiry": 12, "allowance": 9}
    for wrong in (["nothing", "5"], ["expiry", "500"], ["expiry", "5", "--since", "2026-01-01"]):
        refused = run(args=["coins", "number", *wrong])
        assert refused.exit_code != 0
        assert "Traceback" not in refused.output
