"""Explain this number: the entries add up to the figure, at any past day, for those who see it."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from sqlalchemy import event

from portal.coins import queries, rules
from portal.coins.models import AccountKind, Reason
from portal.coins.queries import Subject
from tests.conftest import engine_of
from tests.drives.making import as_viewer, new_drive


@pytest.fixture
def unit_id(at: Any, db: Any, cast: Any, give: Any) -> int:
    """Two months of a budget of several slices, awards out of it, one taken back."""
    leader = as_leader(db, cast)
    unit = next(grant.unit_id for grant in leader.grants if grant.role == "leader")
    at("2026-02-10 12:00")
    with db():
        rules.fund(None, unit_id=unit, amount=3000, key="feb")
    give(7, key="a", people=[cast.agent, cast.colleague])
    at("2026-03-05 12:00")
    with db():
        rules.fund(None, unit_id=unit, amount=5000, key="mar")
    for number in range(30):
        give(2, key=f"m{number}")
    give(9, key="back")
    with db() as session:
        from portal.coins.models import Award

        taken = session.query(Award).order_by(Award.id.desc()).first()
        rules.withdraw(leader, taken)
    at("2026-03-20 12:00")
    return int(unit)


def as_leader(db: Any, cast: Any) -> Any:
    with db():
        return as_viewer(cast.leader)


def walked(browser: Any, url: str) -> list[tuple[int, int]]:
    """(change, running sum) of every entry on every page of a figure."""
    found: list[tuple[int, int]] = []
    while url:
        page = browser.get(url)
        assert page.status_code == 200
        rows = re.findall(
            r'变动">([+-][\d,]+)</td><td class="num" data-label="累计">(-?[\d,]+)<', page.text
        )
        found += [(int(a.replace(",", "")), int(b.replace(",", ""))) for a, b in rows]
        following = re.search(r'rel="next" href="([^"]+)"', page.text)
        url = following[1].replace("&amp;", "&") if following else ""
    return found


def adds_up(parts: list[tuple[int, int]], total: int) -> None:
    assert sum(change for change, _running in parts) == total
    running = total
    for change, told in parts:
        assert told == running
        running -= change
    assert running == 0


def test_own_figures(cast: Any, client_of: Any, unit_id: int) -> None:
    browser = client_of(cast.agent)
    home = browser.get("/coins/").text
    assert 'href="/coins/explain/wallet">67</a>' in home
    for figure, total, count in (
        ("wallet", 67, 33),
        ("change", 60, 32),
        ("received", 60, 32),
        ("ever_received", 67, 33),
        ("change?month=2026-02", 7, 1),
        ("received?month=2025-02", 0, 0),
        ("wallet?as_of=2026-02-28", 7, 1),
        ("wallet?as_of=2026-02-09", 0, 0),
        ("wallet?as_of=2999-01-01", 67, 33),
        ("wallet?as_of=nonsense", 67, 33),
    ):
        parts = walked(browser, f"/coins/explain/{figure}")
        assert len(parts) == count, figure
        adds_up(parts, total)


def test_a_budget_of_several_slices(cast: Any, client_of: Any, unit_id: int) -> None:
    browser = client_of(cast.leader)
    for figure, total in (("left", 4940), ("funded", 5000), ("given", 60)):
        adds_up(walked(browser, f"/coins/explain/budget_{figure}?of={unit_id}"), total)
    before = f"budget_left?of={unit_id}&month=2026-02&as_of=2026-02-28"
    adds_up(walked(browser, f"/coins/explain/{before}"), 2986)
    assert f"/coins/explain/budget_left?of={unit_id}" in browser.get("/").text
    assert f"/coins/explain/budget_given?of={unit_id}" in browser.get("/coins/budget").text


@pytest.mark.parametrize("kind", ["issue", "budget", "wallet"])
def test_the_board_of_sums(cast: Any, client_of: Any, db: Any, unit_id: int, kind: str) -> None:
    browser = client_of(cast.outsider)
    with db(read_only=True):
        [total] = [each.balance for each in queries.totals().kinds if each.kind == kind]
    assert f"/coins/explain/kind?of={kind}" in browser.get("/coins/check").text
    adds_up(walked(browser, f"/coins/explain/kind?of={kind}"), total)
    page = browser.get(f"/coins/explain/kind?of={kind}").text
    assert cast.agent.name not in page
    assert "/coins/awards/" not in page


def test_many_accounts_of_a_kind(db: Any, unit_id: int) -> None:
    with db():
        source = rules.account(AccountKind.ISSUE).id
        wallets = rules.accounts_of(AccountKind.WALLET, range(1, 13))
        legs = ((source, -12), *((wallet, 1) for wallet in wallets.values()))
        rules.transfer(key="all", reason=Reason.GREETING, legs=legs, by_id=None)
    with db(read_only=True):
        shown = queries.explained("kind", Subject(kind="wallet"), date(2026, 3, 20))
        assert shown.total == 74 + 12
        assert shown.next is not None
        rest = queries.explained("kind", Subject(kind="wallet"), date(2026, 3, 20), shown.next)
        assert rest.parts[-1].running == rest.parts[-1].amount
        assert shown.parts[-1].running - shown.parts[-1].amount == rest.parts[0].running


def test_the_growth_files_figure(cast: Any, client_of: Any, unit_id: int) -> None:
    url = f"/coins/explain/ever_received?of={cast.agent.id}"
    assert url in client_of(cast.leader).get(f"/growth/{cast.agent.id}").text
    for reader in (cast.leader, cast.hr, cast.general_manager, cast.agent):
        adds_up(walked(client_of(reader), url), 67)
    assert "/coins/awards/" not in client_of(cast.hr).get(url).text
    for other in (cast.colleague, cast.outsider, cast.other_leader, cast.auditor, cast.committee):
        assert client_of(other).get(url).status_code == 404


def test_for_nobody_else(cast: Any, client_of: Any, client: Any, unit_id: int) -> None:
    for name in ("wallet", "change", "received"):
        url = f"/coins/explain/{name}?of={cast.agent.id}"
        assert client_of(cast.agent).get(url).status_code == 200
        for other in (cast.leader, cast.hr, cast.auditor, cast.administrator):
            assert client_of(other).get(url).status_code == 404
    budget = f"/coins/explain/budget_left?of={unit_id}"
    for reader in (cast.hr, cast.auditor, cast.general_manager):
        assert client_of(reader).get(budget).status_code == 200
    for other in (cast.agent, cast.other_leader, cast.hr_other, cast.administrator):
        assert client_of(other).get(budget).status_code == 404
    assert client.get("/coins/explain/wallet").status_code == 303


@pytest.mark.parametrize(
    "wrong",
    [
        "nothing", "drive?of=1", "kind", "kind?of=x", "kind?of=wallet.x", "budget_left",
        "budget_left?of=0", "budget_left?of=99999999999999999999", "budget_left?of=１",
        "change?month=2026-13", "change?month=x", "wallet?after=x", "ever_received?of=999999",
    ],
)  # fmt: skip
def test_what_is_no_figure(cast: Any, client_of: Any, wrong: str) -> None:
    assert client_of(cast.leader).get(f"/coins/explain/{wrong}").status_code == 404


def test_a_drive(cast: Any, client_of: Any, db: Any, unit_id: int) -> None:
    from portal.drives import rules as drives

    with db():
        committee = as_viewer(cast.committee)
        draft = new_drive(committee, title="给宿舍添一台洗衣机").id
        running = new_drive(committee)
        drives.open_drive(committee, running)
        for amount, shown in ((5, "anonymous"), (2, "committee")):
            drives.give_coins(as_viewer(cast.agent), running, amount=amount, shown=shown)
        drive_id = running.id
    browser = client_of(cast.colleague)
    assert f'href="/drives/{drive_id}/coins">7</a>' in browser.get(f"/drives/{drive_id}").text
    adds_up(walked(browser, f"/drives/{drive_id}/coins"), 7)
    adds_up(walked(browser, f"/drives/{drive_id}/coins?as_of=2026-03-01"), 0)
    assert cast.agent.name not in browser.get(f"/drives/{drive_id}/coins").text
    for missing in (draft, 999_999):
        assert browser.get(f"/drives/{missing}/coins").status_code == 404


def test_it_asks_little_and_sorts_nothing(
    cast: Any, app: Any, client_of: Any, database_kind: str, unit_id: int
) -> None:
    said: list[tuple[str, Any]] = []
    browser = client_of(cast.agent)
    browser.get("/coins/explain/wallet")
    engine = engine_of(app)
    event.listen(engine, "before_cursor_execute", listen := lambda *c: said.append((c[2], c[3])))
    browser.get("/coins/explain/wallet?after=20")
    event.remove(engine, "before_cursor_execute", listen)
    asked = [one for one in said if one[0].startswith("SELECT")]
    assert len(asked) <= 12
    if database_kind == "sqlite":
        [lines] = [one for one in asked if "ORDER BY entry.seq" in one[0]]
        with engine.connect() as connection:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {lines[0]}", lines[1])
            told = " ".join(row[3] for row in plan)
        assert "TEMP B-TREE" not in told
        assert "sqlite_autoindex_entry" in told or "uq_entry_place" in told, told


def test_both_languages(cast: Any, client_of: Any, unit_id: int) -> None:
    browser = client_of(cast.leader)
    browser.act("/people/language", language="en", next="/coins/")
    page = browser.get(f"/coins/explain/budget_left?of={unit_id}")
    assert "Explain this number" in page.text
