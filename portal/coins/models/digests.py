"""Digests: seals over the whole ledger, for all to keep."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.base import clock
from portal.base.db import Base, Id, Ref
from portal.base.kept import keep_rows


class Digest(Base):
    """A seal over the whole ledger at the end of a day, for all to keep.

    `root`: of a tree over the chains that grew since the digest before (its leaves), and of that
    digest's root; so each digest holds all before it. `entries`: how many entries the leaves of
    all digests so far stand for; `through_id`: the newest entry there was. See
    `portal.coins.models.chain`.
    """

    __tablename__ = "digest"
    __table_args__ = (
        UniqueConstraint("day"),
        CheckConstraint("leaves >= 0", name="leaves_not_negative"),
        CheckConstraint("length(root) = 64", name="root_length"),
    )

    id: Mapped[Id]
    day: Mapped[date]
    through_id: Mapped[int] = mapped_column(BigInteger)
    entries: Mapped[int] = mapped_column(BigInteger)
    leaves: Mapped[int]
    tree: Mapped[str] = mapped_column(String(64))
    root: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


class Leaf(Base):
    """An account as a digest saw it: how many entries, and the hash of the last."""

    __tablename__ = "digest_leaf"
    __table_args__ = (Index("ix_digest_leaf_account", "account_id", "digest_id"),)

    digest_id: Mapped[int] = mapped_column(Ref, ForeignKey("digest.id"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(Ref, ForeignKey("account.id"))
    seq: Mapped[int] = mapped_column(BigInteger)
    head: Mapped[str] = mapped_column(String(64))


keep_rows("digest", "id = NEW.id OR day = NEW.day")
keep_rows("digest_leaf", "(digest_id, place) = (NEW.digest_id, NEW.place)")
