"""The own statement: every entry with the balance around it, paged, nobody else's."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import event

from portal.coins import queries, rules
from portal.coins.models import AccountKind, Reason
from tests.coins.conftest import REASON
from tests.conftest import engine_of


def test_an_empty_one_says_what_to_do(cast: Any, client_of: Any) -> None:
    page = client_of(cast.agent).get("/coins/")
    assert page.status_code == 200
    assert "这里还没有金币" in page.text


def test_before_and_after(cast: Any, client_of: Any, at: Any, fund: Any, give: Any) -> None:
    at("2026-03-10 12:00")
    fund()
    give(5, key="a")
    give(3, key="b")
    page = client_of(cast.agent).get("/coins/")
    assert REASON in page.text
    assert cast.leader.name in page.text
    assert "0 → 5" in page.text
    assert "5 → 8" in page.text
    assert "这个月多了 8 枚" in page.text
    assert "3月" in page.text, "the picture names its months"


def test_entered_later_is_said(cast: Any, client_of: Any, db: Any, at: Any, fund: Any) -> None:
    from datetime import date

    from portal.people.queries import viewer_of_person

    at("2026-03-02 12:00")
    fund()
    with db():
        viewer = viewer_of_person(cast.leader.id)
        assert viewer is not None
        rules.award(
            viewer, people=[cast.agent.id], amount=4, reason=REASON, value="care", key="late",
            happened_on=date(2026, 2, 26),
        )  # fmt: skip
    assert "3月2日 记入" in client_of(cast.agent).get("/coins/").text
    with db(read_only=True):
        wallet = queries.wallet_with_months(cast.agent.id)
        assert wallet.received == {"2026-02": 4}
        assert queries.received_since(cast.agent.id, date(2026, 2, 26)) == 4
        assert queries.received_since(cast.agent.id, date(2026, 2, 27)) == 0


def many(db: Any, cast: Any, count: int) -> None:
    with db():
        source = rules.account(AccountKind.ISSUE).id
        purse = rules.account(AccountKind.WALLET, cast.agent.id).id
        rules.post(
            [
                rules.Posting(f"g{n}", Reason.GREETING, ((source, -1), (purse, 1)))
                for n in range(count)
            ]
        )


def test_pages_follow_one_another(cast: Any, client_of: Any, db: Any) -> None:
    many(db, cast, 60)
    browser = client_of(cast.agent)
    seen: list[str] = []
    url = "/coins/"
    while url:
        page = browser.get(url)
        seen += re.findall(r"(\d+) → (\d+)", page.text)
        following = re.search(r'rel="next" href="([^"]+)"', page.text)
        url = following[1] if following else ""
    assert [after for _before, after in seen] == [str(n) for n in range(60, 0, -1)]
    for wrong in ("0", "-1", "x", "9223372036854775808", "１"):
        assert browser.get(f"/coins/?after={wrong}").status_code == 404


def test_the_page_asks_little_and_always_the_same(
    cast: Any, app: Any, client_of: Any, db: Any
) -> None:
    browser = client_of(cast.agent)
    many(db, cast, 3)
    browser.get("/coins/")
    said: list[str] = []
    event.listen(engine_of(app), "before_cursor_execute", listen := lambda *c: said.append(c[2]))
    counts = []
    for more in (0, 40):
        if more:
            event.remove(engine_of(app), "before_cursor_execute", listen)
            with db():
                source = rules.account(AccountKind.ISSUE).id
                purse = rules.account(AccountKind.WALLET, cast.agent.id).id
                for n in range(more):
                    rules.transfer(
                        key=f"m{n}", reason=Reason.GREETING, by_id=None,
                        legs=[(source, -1), (purse, 1)],
                    )  # fmt: skip
            event.listen(engine_of(app), "before_cursor_execute", listen)
        said.clear()
        browser.get("/coins/")
        counts.append(len([one for one in said if one.startswith("SELECT")]))
    event.remove(engine_of(app), "before_cursor_execute", listen)
    assert counts[0] == counts[1] <= 8, said


def test_a_page_in_the_middle_is_found_by_its_place(app: Any, db: Any, cast: Any) -> None:
    """No sort, and no look at the entries before: an index leads to the page's first line."""
    many(db, cast, 60)
    engine = engine_of(app)
    said: list[tuple[str, Any]] = []
    event.listen(engine, "before_cursor_execute", listen := lambda *c: said.append((c[2], c[3])))
    with db(read_only=True):
        purse = queries.wallet_with_months(cast.agent.id).account_id
        assert purse is not None
        said.clear()
        assert [line.seq for line in queries.statement(purse, 40, 25)][:2] == [39, 38]
    event.remove(engine, "before_cursor_execute", listen)
    [(statement, values)] = [one for one in said if one[0].startswith("SELECT")]
    is_lite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        if not is_lite:  # a table of sixty rows is read whole, whatever its indexes
            connection.exec_driver_sql("SET enable_seqscan = off")
            connection.exec_driver_sql("SET enable_bitmapscan = off")
        verb = "EXPLAIN QUERY PLAN" if is_lite else "EXPLAIN"
        plan = connection.exec_driver_sql(f"{verb} {statement}", values).all()
    told = "\n".join(str(row[-1]) for row in plan)
    assert "TEMP B-TREE" not in told
    assert "Sort" not in told
    wanted = "entry USING INDEX sqlite_autoindex_entry_2 (account_id=? AND seq<?)"
    assert (wanted if is_lite else "uq_entry_place") in told


def test_english(cast: Any, client_of: Any, fund: Any, give: Any) -> None:
    fund()
    give(5)
    browser = client_of(cast.agent)
    browser.act("/people/language", language="en", next="/coins/")
    assert re.search(r"<html lang=\"en\"", browser.get("/coins/").text)
