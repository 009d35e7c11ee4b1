"""The nightly digest: chained, made once, seen by all, and broken by whatever is touched."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, text

from portal.coins import jobs, queries, rules
from portal.coins.models import AccountKind, Digest, Leaf, Reason
from portal.coins.models.chain import FIRST, digest_root, leaf_hash, tree_hash
from tests.coins.test_verify import LITE_OFF, POSTGRES_OFF

DAYS = [date(2026, 3, day) for day in (9, 10, 11, 12)]


@pytest.fixture
def sealed(db: Any, fund: Any, give: Any, at: Any) -> None:
    """Three digests: of a first award, of a second one, of a quiet day."""
    at("2026-03-09 12:00")
    fund()
    give(5, key="a")
    for day, key in zip(DAYS[:3], ("b", "", ""), strict=True):
        with db():
            jobs.digest(day)
        if key:
            give(3, key=key)


def test_each_holds_what_grew_and_the_one_before(db: Any, sealed: None) -> None:
    with db(read_only=True) as session:
        _check(session.scalars(select(Digest).order_by(Digest.id)).all(), session)


def _check(digests: Any, session: Any) -> None:
    first, second, third = digests
    assert [one.day for one in (first, second, third)] == DAYS[:3]
    assert [one.leaves for one in (first, second, third)] == [3, 2, 0]
    assert [one.entries for one in (first, second, third)] == [4, 6, 6]
    before = FIRST
    for one in (first, second, third):
        query = select(Leaf).where(Leaf.digest_id == one.id).order_by(Leaf.place)
        leaves = session.scalars(query).all()
        tree = tree_hash(leaf_hash(leaf.account_id, leaf.seq, leaf.head) for leaf in leaves)
        assert one.tree == tree
        assert one.root == digest_root(before, one.day, one.through_id, one.entries, tree)
        before = one.root


def test_twice_is_once_and_an_earlier_day_is_let_pass(db: Any, sealed: None) -> None:
    before = db.scalar(select(Digest.root).order_by(Digest.id.desc()))
    with db():
        assert [jobs.digest(day) for day in DAYS[:3]] == [0, 0, 0]
        assert rules.make_digest(date(2026, 3, 8)) is None
    assert db.scalar(select(Digest.root).order_by(Digest.id.desc())) == before


def test_it_catches_up(db: Any, sealed: None, give: Any, is_sound: Any) -> None:
    give(1, key="later")
    with db():
        assert [jobs.digest(day) for day in (date(2026, 3, 14), date(2026, 3, 15))] == [2, 0]
    assert is_sound()


def test_an_empty_ledger_is_sealed_too(db: Any, is_sound: Any) -> None:
    with db():
        assert jobs.digest(DAYS[0]) == 0
    assert db.scalar(select(Digest.tree)) == FIRST
    assert is_sound()


@pytest.fixture
def unlocked(db: Any, database_kind: str, sealed: None) -> None:
    tables = ("digest", "digest_leaf")
    lite = [
        f"DROP TRIGGER {table}_no_{verb}"
        for table in tables
        for verb in ("update", "delete", "replace")
    ]
    postgres = [f"ALTER TABLE {table} DISABLE TRIGGER ALL" for table in tables]
    with db() as session:
        for statement in LITE_OFF + lite if database_kind == "sqlite" else POSTGRES_OFF + postgres:
            session.execute(text(statement))


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("UPDATE digest SET root = 'x' || substr(root, 2) WHERE id = 2", "2026-03-10"),
        ("UPDATE digest SET root = 'x' || substr(root, 2) WHERE id = 1", "2026-03-09"),
        ("UPDATE digest SET entries = entries + 1 WHERE id = 3", "2026-03-11"),
        ("UPDATE digest SET through_id = through_id + 1 WHERE id = 1", "2026-03-09"),
        ("UPDATE digest SET leaves = leaves + 1 WHERE id = 3", "2026-03-11"),
        ("UPDATE digest_leaf SET head = 'x' || substr(head, 2) WHERE digest_id = 2", "2026-03-10"),
        ("UPDATE digest_leaf SET seq = 9 WHERE digest_id = 1 AND place = 0", "第 9 条"),
        ("DELETE FROM digest_leaf WHERE digest_id = 2 AND place = 1", "2026-03-10"),
    ],
)
def test_the_first_that_does_not_fit_is_named(
    app: Any, db: Any, unlocked: None, *, fault: str, told: str
) -> None:
    runner = app.test_cli_runner()
    assert runner.invoke(args=["coins", "verify"]).exit_code == 0
    with db() as session:
        session.execute(text(fault))
    answer = runner.invoke(args=["coins", "verify"])
    assert answer.exit_code == 1
    assert told in answer.output


def test_a_chain_made_anew_does_not_fit_to_the_digests(db: Any, unlocked: None) -> None:
    """Who owns the database can change an entry and chain all anew; the digest still tells."""
    from portal.coins.queries.verify import LINKED, hash_of

    with db() as session:
        session.execute(text("UPDATE transfer SET memo = 'another story' WHERE id = 2"))
        chains = text("SELECT id FROM account")
        for (account_id,) in session.execute(chains).all():
            from portal.coins.models import Entry, Transfer

            before = FIRST
            query = select(Entry.id, *LINKED).join(Transfer, Transfer.id == Entry.transfer_id)
            rows = session.execute(
                query.where(Entry.account_id == account_id).order_by(Entry.seq)
            ).all()
            for row in rows:
                before = hash_of(row, before)
                told = {"hash": before, "id": row.id}
                session.execute(text("UPDATE entry SET hash = :hash WHERE id = :id"), told)
            told = {"hash": before, "id": account_id}
            session.execute(text("UPDATE account SET head = :hash WHERE id = :id"), told)
    with db(read_only=True):
        [fault] = queries.verify()
    assert "2026-03-09" in fault.message
    assert fault.entry_id is not None


@pytest.mark.parametrize("table", ["digest", "digest_leaf"])
@pytest.mark.parametrize("deed", ["UPDATE {} SET root = root", "DELETE FROM {}"])
def test_the_database_keeps_them(db: Any, sealed: None, table: str, deed: str) -> None:
    from sqlalchemy.exc import DBAPIError

    statement = deed.format(table).replace(
        "root = root", "root = root" if table == "digest" else "seq = seq"
    )
    with pytest.raises(DBAPIError), db() as session:
        session.execute(text(statement))


def test_the_notice_board(cast: Any, client_of: Any, db: Any, sealed: None) -> None:
    browser = client_of(cast.colleague)
    text_of = browser.get("/coins/check").text
    root = db.scalar(select(Digest.root).order_by(Digest.id.desc()))
    assert " ".join(root[at : at + 8] for at in range(0, 64, 8)) in text_of
    assert "共 6 条" in text_of
    with db():
        for day in range(1, 13):
            jobs.digest(date(2026, 4, day))
    first = browser.get("/coins/check").text
    assert 'rel="next"' in first
    assert "/coins/check?after=6#digests" in first
    assert "共 4 条" in browser.get("/coins/check?after=6").text
    assert browser.get("/coins/check?after=x").status_code == 404


def test_the_api(cast: Any, client_of: Any, sealed: None) -> None:
    browser = client_of(cast.colleague)
    answer = browser.get("/api/v1/coins/digests?limit=2").json
    assert [one["day"] for one in answer["digests"]] == ["2026-03-11", "2026-03-10"]
    rest = browser.get(f"/api/v1/coins/digests?after={answer['next']}").json
    assert [one["day"] for one in rest["digests"]] == ["2026-03-09"]
    assert rest["next"] is None


def test_many_accounts_at_once(db: Any, is_sound: Any) -> None:
    with db():
        source = rules.account(AccountKind.ISSUE).id
        wallets = list(rules.accounts_of(AccountKind.WALLET, range(1, 1201)).values())
        legs = [(source, -len(wallets)), *((wallet, 1) for wallet in wallets)]
        rules.transfer(key="all", reason=Reason.GREETING, legs=legs, by_id=None)
    with db():
        assert jobs.digest(DAYS[0]) == 1201
    assert is_sound()
