"""The chain of an account's entries, and the tree of a digest: what is hashed, and how.

A hash is SHA-256, written in hexadecimal. What is hashed are the fields in the order given below,
in UTF-8, each ended by a newline; an empty field stands for nothing. Whoever has the fields can
work the hashes out again, with no part of this program: docs/check.md says how.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from hashlib import sha256

FIRST = "0" * 64
"""What stands before the first entry of an account, and before the first digest."""


def digest(*fields: object) -> str:
    """The hash of these fields."""
    return _hashed("".join([f"{field}\n" for field in fields]))


def _hashed(text: str) -> str:
    """What is asked for millions of entries is spelled out in one text: it takes a third."""
    return sha256(text.encode()).hexdigest()


def instant(at: datetime) -> str:
    """An instant as it is hashed: in UTC, to the microsecond."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def transfer_seal(
    *,
    key: str,
    content_hash: str,
    memo: str,
    by_id: int | None,
    currency: str,
    reverses_id: int | None,
) -> str:
    """What a transfer holds beside what its entries say."""
    return _hashed(
        f"{key}\n{content_hash}\n{memo}\n{by_id or ''}\n{currency}\n{reverses_id or ''}\n"
    )


def entry_hash(
    before: str,
    *,
    account_id: int,
    seq: int,
    transfer_id: int,
    amount: int,
    balance_after: int,
    reason: str,
    happened_on: date,
    entered_at: str,
    seal: str,
) -> str:
    """The hash of an entry. `before`: of the entry before it on the account, FIRST for none."""
    return _hashed(
        f"{before or FIRST}\n{account_id}\n{seq}\n{transfer_id}\n{amount}\n{balance_after}\n"
        f"{reason}\n{happened_on.isoformat()}\n{entered_at}\n{seal}\n"
    )


def leaf_hash(account_id: int, seq: int, head: str) -> str:
    """The hash of one account in a digest."""
    return digest("leaf", account_id, seq, head)


def _pairs(level: Sequence[str]) -> list[str]:
    """The level above: two by two; one that is left over goes up as it is."""
    return [
        digest("node", *level[at : at + 2]) if at + 1 < len(level) else level[at]
        for at in range(0, len(level), 2)
    ]


def tree_hash(leaves: Iterable[str]) -> str:
    """The root of the tree over these leaves; FIRST for none."""
    level = list(leaves)
    while len(level) > 1:
        level = _pairs(level)
    return level[0] if level else FIRST


def tree_path(leaves: Sequence[str], place: int) -> list[tuple[str, str]]:
    """What leads from one leaf to the root: for each step the side ("left", "right") and the hash
    of the neighbour."""
    path: list[tuple[str, str]] = []
    level = list(leaves)
    while len(level) > 1:
        other = place ^ 1
        if other < len(level):
            path.append(("right" if other > place else "left", level[other]))
        level, place = _pairs(level), place // 2
    return path


def digest_root(before: str, day: date, through_id: int, entries: int, tree: str) -> str:
    """The root of a digest. `before`: the root of the digest before it, FIRST for none."""
    return digest("digest", before or FIRST, day.isoformat(), through_id, entries, tree)
