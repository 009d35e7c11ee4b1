"""The keys to the house: roles, passwords, signed-in browsers, tokens."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.base import clock
from portal.base.db import Base, Id, Ref
from portal.people.models.staff import Person, Unit


class Role(StrEnum):
    LEADER = "leader"
    HR = "hr"
    COMMITTEE = "committee"
    STATION = "station"
    GENERAL_MANAGER = "general_manager"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class RoleGrant(Base):
    """A role given to a person over a unit (or the whole house) for a time.

    `while_in_unit_id`: the grant holds only while the person works in that unit, so that a leader
    who moves on loses the team with the assignment.
    """

    __tablename__ = "role_grant"
    __table_args__ = (
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="valid_forward"),
        CheckConstraint(
            "role IN ('leader', 'hr', 'committee', 'station', 'general_manager', 'auditor',"
            " 'administrator')",
            name="role_known",
        ),
        CheckConstraint("role <> 'leader' OR unit_id IS NOT NULL", name="leader_of_a_unit"),
        Index("ix_role_grant_person", "person_id"),
        Index("ix_role_grant_role", "role", "unit_id"),
    )

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(Ref, ForeignKey("person.id"))
    role: Mapped[Role] = mapped_column(String(20))
    unit_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("unit.id"))
    while_in_unit_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("unit.id"))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    given_by_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    batch_id: Mapped[int | None] = mapped_column(Ref, index=True)

    unit: Mapped[Unit | None] = relationship(foreign_keys=[unit_id], viewonly=True)
    person: Mapped[Person] = relationship(foreign_keys=[person_id], viewonly=True)

    @property
    def place(self) -> tuple[int, ...]:
        """The unit it is held over and those above it; empty for the whole house."""
        return self.unit.place if self.unit is not None else ()


class Credential(Base):
    """The password of a person, as an argon2id hash. One row a person, none before the first."""

    __tablename__ = "credential"

    person_id: Mapped[int] = mapped_column(Ref, ForeignKey("person.id"), primary_key=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    must_change: Mapped[bool] = mapped_column(default=True)
    changed_at: Mapped[datetime] = mapped_column(default=clock.now)
    disabled_at: Mapped[datetime | None]


class WebSession(Base):
    """A signed-in browser. Only a hash of its token is here; ending it works at once."""

    __tablename__ = "web_session"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        Index("ix_web_session_person", "person_id", "ended_at"),
    )

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(Ref, ForeignKey("person.id"))
    token_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    seen_at: Mapped[datetime] = mapped_column(default=clock.now)
    ended_at: Mapped[datetime | None]
    agent: Mapped[str] = mapped_column(String(200), default="")


class ApiToken(Base):
    """A bearer token that its owner made for a program, with what it may do."""

    __tablename__ = "api_token"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        Index("ix_api_token_person", "person_id"),
    )

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(Ref, ForeignKey("person.id"))
    name: Mapped[str] = mapped_column(String(80))
    token_hash: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[str] = mapped_column(String(300))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_on: Mapped[date]
    revoked_at: Mapped[datetime | None]
