"""Digests: each night the whole ledger is sealed, and the seal is hung up for all to keep."""

from __future__ import annotations

from datetime import date
from typing import cast

from sqlalchemy import Table, insert

from portal.base.db import session
from portal.coins.models import Digest, Leaf
from portal.coins.models.chain import FIRST, digest_root, leaf_hash, tree_hash
from portal.coins.queries.digests import STREAM, grown, last_digest
from portal.coins.rules.accounts import chunks, upsert

SOME = 5000


def make_digest(day: date) -> int | None:
    """Seal all that was entered until now, as the digest of `day`: answers how many accounts.

    None, and nothing done, when this day or a later one is sealed already. A digest that is made
    late holds what was entered since as well; the days after it find less, or nothing, new.
    """
    before = last_digest()
    if before is not None and before.day >= day:
        return None
    leaves, entries = [], before.entries if before else 0
    through_id = before.through_id if before else 0
    for row in session().connection().execute(grown(), execution_options=STREAM):
        leaves.append((row.id, row.entries, row.head))
        entries += row.entries - row.seen
        through_id = row.newest
    tree = tree_hash(leaf_hash(*leaf) for leaf in leaves)
    digest = {
        "day": day,
        "through_id": through_id,
        "entries": entries,
        "leaves": len(leaves),
        "tree": tree,
        "root": digest_root(before.root if before else FIRST, day, through_id, entries, tree),
    }
    return len(leaves) if _write(digest, leaves) else None


def _write(digest: dict[str, object], leaves: list[tuple[int, int, str]]) -> bool:
    """False when somebody else sealed this day meanwhile."""
    statement = upsert(Digest).values(digest).on_conflict_do_nothing().returning(Digest.id)
    digest_id = session().scalar(statement)
    if digest_id is None:
        return False
    names = ("account_id", "seq", "head")
    rows = (
        {"digest_id": digest_id, "place": place, **dict(zip(names, leaf, strict=True))}
        for place, leaf in enumerate(leaves)
    )
    connection = session().connection()
    for some in chunks(rows, SOME):
        connection.execute(insert(cast(Table, Leaf.__table__)), some)
    return True
