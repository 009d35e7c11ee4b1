"""First passwords: made at random, shown once on a list to hand out, changed at first sign-in."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import insert, select

from portal.base import clock
from portal.base.access import Viewer
from portal.base.db import session
from portal.base.errors import Refused
from portal.people.models import Credential, Person, RoleGrant
from portal.people.queries import WEIGHTY, StaffLine
from portal.people.rules.keys import hasher, set_first_password

SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Nothing that is taken for something else when read from paper."""
MOST_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class FirstPassword:
    """A line of the list to hand out."""

    staff_no: str
    name: str
    unit: str
    password: str


def new_password() -> str:
    """A random first password, in groups of four that are easy to copy: k7mq-x2vp-9dhn."""
    least: int = current_app.config["SUNHOME"].password_length
    groups = max(3, -(-(least + 1) // 5))
    return "-".join("".join(secrets.choice(SIGNS) for _ in range(4)) for _ in range(groups))


def first_passwords(people: Sequence[StaffLine]) -> list[FirstPassword]:
    """Open accounts for those of `people` who have none; answers the list, shown once."""
    known = set(
        session().scalars(
            select(Credential.person_id).where(Credential.person_id.in_([p.id for p in people]))
        )
    )
    new = [person for person in people if person.id not in known]
    passwords = [new_password() for _ in new]
    with ThreadPoolExecutor(2) as pool:  # hashing leaves Python to the others
        hashes = list(pool.map(hasher.hash, passwords))
    if new:
        session().execute(
            insert(Credential),
            [
                {"person_id": person.id, "password_hash": hashed, "must_change": True}
                for person, hashed in zip(new, hashes, strict=True)
            ],
        )
    return [
        FirstPassword(person.staff_no, person.name, person.unit or "", password)
        for person, password in zip(new, passwords, strict=True)
    ]


def reset_password(by: Viewer, person: Person) -> str:
    """Give somebody who forgot theirs a new first password; their sessions end. Raises Refused."""
    if by.id == person.id:
        raise Refused(_("自己的密码请在“修改密码”里改。"))
    today = clock.today()
    held = session().scalars(
        select(RoleGrant.role).where(
            RoleGrant.person_id == person.id,
            RoleGrant.valid_to.is_(None) | (RoleGrant.valid_to > today),
        )
    )
    if set(WEIGHTY) & set(held) and not by.has("administrator"):
        raise Refused(_("这位同事担任重要角色，密码只能由管理员重设。"))
    if not person.in_service:
        raise Refused(_("这位同事已经离职，不能登录。"))
    password = new_password()
    set_first_password(person.id, password)
    return password
