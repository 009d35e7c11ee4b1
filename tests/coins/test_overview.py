"""HR's overview of budgets, and the board with the sum of all accounts."""

from __future__ import annotations

from typing import Any

import pytest

from portal.coins import rules
from portal.coins.models import AccountKind, Reason


def test_only_the_own_site(cast: Any, client_of: Any, fund: Any) -> None:
    fund(41)
    page = client_of(cast.hr).get("/coins/overview")
    assert "太原一班" in page.text
    assert "41" in page.text
    assert "侯马一班" not in page.text
    other = client_of(cast.hr_other).get("/coins/overview")
    assert "侯马一班" in other.text
    assert "太原一班" not in other.text
    everything = client_of(cast.auditor).get("/coins/overview").text
    assert "侯马一班" in everything
    assert "太原一班" in everything
    assert "/fund" not in everything, "the auditor reads"


def test_search_and_pages(cast: Any, client_of: Any, db: Any) -> None:
    from datetime import date

    from portal.people import rules as people
    from portal.people.models import Unit, UnitKind

    with db() as session:
        from sqlalchemy import select

        parent = session.scalars(select(Unit).where(Unit.name == "客户服务一部")).one()
        for n in range(30):
            people.add_unit(
                kind=UnitKind.TEAM, name=f"支援{n:02d}班", parent=parent, since=date(2020, 1, 1)
            )
    browser = client_of(cast.hr)
    page = browser.get("/coins/overview?q=支援")
    assert "支援24班" in page.text
    assert "支援25班" not in page.text
    import re
    from html import unescape

    following = re.search(r'rel="next" href="([^"]+)"', page.text)
    assert following
    second = browser.get(unescape(following[1]))
    assert "支援25班" in second.text
    assert "支援24班" not in second.text
    assert "太原一班" not in second.text
    assert browser.get("/coins/overview?q=没有这个班").status_code == 200
    for wrong in ("x.班", "9223372036854775808.班", "班"):
        assert browser.get(f"/coins/overview?after={wrong}").status_code == 404


@pytest.mark.parametrize("who", ["agent", "leader", "committee", "station", "administrator"])
def test_doors(cast: Any, client_of: Any, who: str) -> None:
    assert client_of(getattr(cast, who)).get("/coins/overview").status_code == 403


def test_everybody_can_check_the_sum(
    cast: Any, client_of: Any, db: Any, fund: Any, give: Any
) -> None:
    browser = client_of(cast.agent)
    assert "还没有一枚金币" in browser.get("/coins/check").text
    fund(100)
    give(5)
    with db():
        cash = rules.account(AccountKind.CASH, currency="fen")
        drive = rules.account(AccountKind.DRIVE, 1, currency="fen")
        rules.transfer(
            key="cash", reason=Reason.CASH_RECEIVED, legs=[(cash.id, -1234), (drive.id, 1234)],
            by_id=None,
        )  # fmt: skip
    page = browser.get("/coins/check")
    assert "总和是零" in page.text
    assert "¥12.34" in page.text
    assert "95" in page.text
