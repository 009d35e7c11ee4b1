"""A leader's budget page: what is left, what was given, whom nobody has thanked."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import event

from portal.coins import queries
from tests.conftest import engine_of


def test_what_is_left_and_what_was_given(cast: Any, client_of: Any, fund: Any, give: Any) -> None:
    fund(100)
    give(5, people=[cast.agent, cast.colleague])
    page = client_of(cast.leader).get("/coins/budget")
    assert "90" in page.text
    assert "已发 10 枚" in page.text
    assert cast.agent.name in page.text


def test_who_was_forgotten(cast: Any, client_of: Any, at: Any, fund: Any, give: Any) -> None:
    at("2026-03-01 12:00")
    fund()
    give(1, key="a")
    at("2026-04-20 12:00")
    page = client_of(cast.leader).get("/coins/budget").text
    assert f'people={cast.colleague.id}"' in page
    assert f'people={cast.agent.id}"' not in page
    assert f'people={cast.leader.id}"' not in page, "not oneself"
    assert f'people={cast.leaver.id}"' not in page
    at("2026-05-02 12:00")
    assert f'people={cast.agent.id}"' in client_of(cast.leader).get("/coins/budget").text


def test_last_months_budget_is_gone(cast: Any, client_of: Any, db: Any, at: Any, fund: Any) -> None:
    at("2026-03-31 23:00")
    unit = fund(100)
    at("2026-04-01 05:30")
    assert "100" in client_of(cast.leader).get("/coins/budget").text, "the night of the last day"
    at("2026-04-01 06:30")
    page = client_of(cast.leader).get("/coins/budget")
    assert "还没有拨下来" in page.text
    with db(read_only=True):
        from portal.base import clock

        assert queries.budget(unit, clock.today()).left == 0


def test_a_manager_sees_the_units_below(cast: Any, client_of: Any, fund: Any) -> None:
    team = fund(33)
    browser = client_of(cast.manager)
    page = browser.get("/coins/budget")
    assert "客户服务一部" in page.text
    assert f"unit={team}" in page.text
    assert "33" in browser.get(f"/coins/budget?unit={team}").text


def test_doors(cast: Any, client_of: Any, fund: Any) -> None:
    team = fund()
    for who in ("agent", "hr", "auditor", "administrator"):
        assert client_of(getattr(cast, who)).get("/coins/budget").status_code == 403
    other = client_of(cast.other_leader)
    assert other.get(f"/coins/budget?unit={team}").status_code == 404
    assert other.get("/coins/budget?unit=x").status_code == 404


def test_the_page_asks_little(cast: Any, app: Any, client_of: Any, fund: Any, give: Any) -> None:
    fund()
    for n in range(4):
        give(1, key=str(n))
    browser = client_of(cast.leader)
    browser.get("/coins/budget")
    said: list[str] = []
    engine = engine_of(app)
    event.listen(engine, "before_cursor_execute", listen := lambda *c: said.append(c[2]))
    browser.get("/coins/budget")
    event.remove(engine, "before_cursor_execute", listen)
    asked = [one for one in said if re.match("SELECT|WITH", one)]
    assert len(asked) <= 11, asked
