"""Processes with threads at one allowance: it is opened once, and a third stays a third."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.coins import queries
from portal.coins.models import Award, CoinRule, RuleName, Transfer
from tests.coins import worker


@pytest.fixture
def where(app: Any, db: Any) -> tuple[str, str]:
    with db() as session:
        session.add(CoinRule(name=RuleName.ALLOWANCE, number=12, valid_from=date(2020, 1, 1)))
    settings = app.config["SUNHOME"]
    return settings.database_url, str(settings.instance)


def test_a_third_to_one_person_from_thirty_at_once(
    cast: Any, db: Any, where: tuple[str, str], is_sound: Any
) -> None:
    rows = [(where, cast.agent.id, cast.colleague.id, f"try{n}") for n in range(30)]
    answers = Counter(worker.at_once(worker.thank_one, rows))
    assert answers.pop("given") == 4
    assert all("同一个人" in words for words in answers), answers
    assert db.scalar(select(func.count()).select_from(Award)) == 4
    opened = select(func.count()).select_from(Transfer).where(Transfer.key.like("allowance:%"))
    assert db.scalar(opened) == 1
    with db(read_only=True):
        assert queries.wallet(cast.colleague.id) == 4
        assert queries.allowance(cast.agent.id).left == 8
    assert is_sound()


def test_everybody_at_once(cast: Any, db: Any, where: tuple[str, str], is_sound: Any) -> None:
    givers = [cast.agent, cast.colleague, cast.leader, cast.outsider, cast.hr]
    rows = [(where, each.id, cast.station.id, f"{n}") for n in range(4) for each in givers]
    assert Counter(worker.at_once(worker.thank_one, rows)) == {"given": 20}
    with db(read_only=True):
        assert queries.wallet(cast.station.id) == 20
    assert is_sound()
