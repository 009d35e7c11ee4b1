"""What the pages cost, and that they bear hostile words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, insert, select

from portal.base import clock
from portal.coins.models import AccountKind, Reason
from portal.coins.rules import Posting, account, post
from portal.drives import queries
from portal.drives.models import Gift
from tests.drives.making import as_viewer, fill_wallet, new_drive, token_of


@contextmanager
def statements(app: Any) -> Iterator[list[str]]:
    """The statements sent to the database meanwhile."""
    from portal.base.db import db

    with app.app_context():
        engine = db.engine
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def many_gifts(db: Any, member: Any, drive: int, count: int, tag: str) -> None:
    """`count` gifts of one coin each."""
    with db() as session:
        fill_wallet(member.id, count)
        wallet, pot = account(AccountKind.WALLET, member.id), account(AccountKind.DRIVE, drive)
        legs = ((wallet.id, -1), (pot.id, 1))
        posted = post(
            [Posting(f"many:{tag}:{number}", Reason.GIFT_TO_DRIVE, legs) for number in range(count)]
        )
        session.execute(
            insert(Gift),
            [
                {
                    "drive_id": drive, "kind": "coins", "giver_id": member.id, "amount_coins": 1,
                    "shown": "public", "transfer_id": row.id, "given_at": clock.now(),
                }
                for row in posted
            ],
        )  # fmt: skip


@pytest.mark.parametrize(
    "path", ["/drives/", "/drives/{drive}", "/drives/{drive}/gifts", "/drives/{drive}/give",
             "/drives/mine", "/api/v1/drives/{drive}/gifts"],
)  # fmt: skip
def test_a_page_costs_the_same_with_many_gifts(  # noqa: PLR0917 (fixtures)
    app: Any, client_of: Any, call: Any, cast: Any, db: Any, drive: int, path: str
) -> None:
    path = path.format(drive=drive)
    browser = client_of(cast.agent)

    def cost() -> int:
        with statements(app) as seen:
            if path.startswith("/api/v1"):
                answer = call(cast.agent, "get", path.removeprefix("/api/v1"))
            else:
                answer = browser.get(path)
            assert answer.status_code == 200
        return len([each for each in seen if not each.startswith(("PRAGMA", "BEGIN"))])

    many_gifts(db, cast.agent, drive, 10, "few")
    cost()  # the first look is noted, and a token is made
    few = cost()
    many_gifts(db, cast.agent, drive, 2000, "many")
    assert cost() == few
    assert few <= 12


def test_the_wall_goes_on_page_by_page(client_of: Any, cast: Any, db: Any, drive: int) -> None:
    many_gifts(db, cast.agent, drive, 60, "wall")
    with db(read_only=True) as session:
        from portal.drives.models import Drive

        row, viewer = session.get_one(Drive, drive), as_viewer(cast.outsider)
        seen, after = [], None
        while True:
            page = queries.wall(viewer, row, after=after)
            seen += [line.id for line in page.lines]
            after = page.after
            if after is None:
                break
    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) == 60
    browser = client_of(cast.outsider)
    assert f"/drives/{drive}/gifts?after=" in browser.get(f"/drives/{drive}").text
    for after_text in ("x", "-1", "９", "9" * 40, "1 OR 1=1"):
        assert browser.get(f"/drives/{drive}/gifts?after={after_text}").status_code == 200
        assert browser.get(f"/drives/?after={after_text}_{after_text}").status_code == 200


@pytest.mark.parametrize("words", ["<script>alert(1)</script>", "{{ 7*7 }}", "🌞" * 20, "&amp;'\""])
def test_hostile_words_stay_words(
    client_of: Any, cast: Any, db: Any, drive: int, words: str
) -> None:
    agent = client_of(cast.agent)
    assert agent.submit(f"/drives/{drive}/give", chosen="1", message=words).status_code == 303
    text = agent.get(f"/drives/{drive}").text
    assert "<script>alert(1)" not in text
    assert "49" not in text or "7*7" in text
    assert db.scalar(select(Gift.message)) == words


def test_every_page_speaks_english_too(client_of: Any, cast: Any, db: Any, drive: int) -> None:
    """Nothing of the house's own words is left in Chinese."""
    with db():
        draft = new_drive(as_viewer(cast.committee), title="A drive", story="A story").id
    browser = client_of(cast.committee)
    browser.post("/people/language", data={"csrf_token": token_of(browser), "language": "en"})
    for path in ("/drives/new", "/drives/mine", f"/drives/{draft}", f"/drives/{draft}/edit",
                 f"/drives/{draft}/open", f"/drives/{drive}/give", f"/drives/{drive}/cash",
                 f"/drives/{drive}/close", f"/drives/{drive}/update"):  # fmt: skip
        main = browser.get(path).text.partition("<main")[2].partition("</main>")[0]
        for own in ("为一位同事加油", "太原", "侯马"):
            main = main.replace(own, "")
        left = {sign for sign in main if "\u4e00" <= sign <= "\u9fff"}
        assert not left, f"{path}: {left}"
