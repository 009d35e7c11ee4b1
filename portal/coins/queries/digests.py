"""Reading digests: the notice board, the way from an account to a root, and whether all fits."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from flask_babel import gettext as _
from sqlalchemy import and_, func, select

from portal.base.db import AnyRow, AnySelect, session
from portal.coins.models import Account, Digest, Entry, Leaf
from portal.coins.models.chain import FIRST, digest_root, leaf_hash, tree_hash, tree_path

STREAM = {"stream_results": True, "yield_per": 5000}


@dataclass(frozen=True, slots=True)
class DigestLine:
    """A digest as it hangs on the notice board."""

    id: int
    day: date
    through_id: int
    entries: int
    leaves: int
    tree: str
    root: str
    created_at: datetime

    @property
    def groups(self) -> list[str]:
        """The root in groups of eight, to read aloud and to compare."""
        return [self.root[at : at + 8] for at in range(0, len(self.root), 8)]


def _digests() -> AnySelect:
    return select(
        Digest.id,
        Digest.day,
        Digest.through_id,
        Digest.entries,
        Digest.leaves,
        Digest.tree,
        Digest.root,
        Digest.created_at,
    )


def digests(after: int | None = None, limit: int = 10) -> list[DigestLine]:
    """The digests, newest first: `limit` and one more, below number `after`."""
    query = _digests().order_by(Digest.id.desc()).limit(limit + 1)
    if after is not None:
        query = query.where(Digest.id < after)
    return [DigestLine(*row) for row in session().execute(query)]


def last_digest() -> DigestLine | None:
    """The newest digest."""
    return next(iter(digests(limit=1)), None)


def digests_from(digest_id: int) -> list[tuple[DigestLine, str]]:
    """The chain from this digest on, the oldest first, each with the root of the one before."""
    query = _digests().where(Digest.id >= digest_id).order_by(Digest.id)
    before = session().scalar(
        select(Digest.root).where(Digest.id < digest_id).order_by(Digest.id.desc()).limit(1)
    )
    chain: list[tuple[DigestLine, str]] = []
    for row in session().execute(query):
        chain.append((DigestLine(*row), before or FIRST))
        before = row.root
    return chain


# ---- leaves ---------------------------------------------------------------------------------


def grown() -> AnySelect:
    """Accounts that grew since the digest before, with the newest entry there is: one statement,
    so that all of it is as of one moment."""
    seen = (
        select(Leaf.seq)
        .where(Leaf.account_id == Account.id)
        .order_by(Leaf.digest_id.desc())
        .limit(1)
        .scalar_subquery()
    )
    newest = select(func.max(Entry.id)).scalar_subquery()
    return (
        select(
            Account.id,
            Account.entries,
            Account.head,
            func.coalesce(seen, 0).label("seen"),
            newest.label("newest"),
        )
        .where(Account.entries > func.coalesce(seen, 0))
        .order_by(Account.id)
    )


@dataclass(frozen=True, slots=True)
class Proof:
    """That a digest holds an account: its leaf, and the way from there to the tree's root."""

    digest_id: int
    day: date
    seq: int
    path: tuple[tuple[str, str], ...]


def proof(account_id: int, day: date | None = None) -> Proof | None:
    """The newest proof for an account, in a digest of `day` or before; None: in no digest yet."""
    query = (
        select(Leaf.digest_id, Digest.day, Leaf.seq, Leaf.place)
        .join(Digest, Digest.id == Leaf.digest_id)
        .where(Leaf.account_id == account_id)
        .order_by(Leaf.digest_id.desc())
        .limit(1)
    )
    if day is not None:
        query = query.where(Digest.day <= day)
    found = session().execute(query).one_or_none()
    if found is None:
        return None
    leaves = [leaf_hash(*row) for row in session().execute(_leaves_of(found.digest_id))]
    return Proof(found.digest_id, found.day, found.seq, tuple(tree_path(leaves, found.place)))


def _leaves_of(digest_id: int) -> AnySelect:
    return (
        select(Leaf.account_id, Leaf.seq, Leaf.head)
        .where(Leaf.digest_id == digest_id)
        .order_by(Leaf.place)
    )


# ---- does all of it fit? ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BrokenDigest:
    """A digest that does not fit, in words; `entry_id`: the entry it does not fit to."""

    message: str
    entry_id: int | None = None


def broken_digest() -> BrokenDigest | None:
    """The first digest that does not fit to its leaves, to the entries, or to the one before."""
    with closing(_sealed()) as sealed:
        return _first_broken(sealed)


def _first_broken(sealed: Iterator[tuple[int, list[AnyRow]]]) -> BrokenDigest | None:
    before, entries, seen = FIRST, 0, dict[int, int]()
    found = next(sealed, None)
    for row in session().execute(_digests().order_by(Digest.id)):
        leaves: list[AnyRow] = []
        if found is not None and found[0] == row.id:
            leaves, found = found[1], next(sealed, None)
        for leaf in leaves:
            if leaf.hash != leaf.head:
                message = _(
                    "%(day)s 的摘要和账户 %(account)s 的第 %(seq)s 条分录对不上。",
                    day=row.day.isoformat(), account=leaf.account_id, seq=leaf.seq,
                )  # fmt: skip
                return BrokenDigest(message, leaf.entry_id)
            entries += leaf.seq - seen.get(leaf.account_id, 0)
            seen[leaf.account_id] = leaf.seq
        tree = tree_hash(leaf_hash(leaf.account_id, leaf.seq, leaf.head) for leaf in leaves)
        root = digest_root(before, row.day, row.through_id, row.entries, row.tree)
        if (tree, root, entries, len(leaves)) != (row.tree, row.root, row.entries, row.leaves):
            return BrokenDigest(
                _("%(day)s 的摘要被改过，或前面少了一份。", day=row.day.isoformat())
            )
        before = row.root
    return None


def _sealed() -> Generator[tuple[int, list[AnyRow]]]:
    """The leaves of each digest in their order, with the hash of the entry each stands for."""
    query = (
        select(
            Leaf.digest_id,
            Leaf.account_id,
            Leaf.seq,
            Leaf.head,
            Entry.hash,
            Entry.id.label("entry_id"),
        )
        .outerjoin(Entry, and_(Entry.account_id == Leaf.account_id, Entry.seq == Leaf.seq))
        .order_by(Leaf.digest_id, Leaf.place)
    )
    with session().connection().execute(query, execution_options=STREAM) as rows:
        for digest_id, leaves in groupby(rows, lambda row: int(row.digest_id)):
            yield digest_id, list(leaves)
