"""Roles: given over a scope for a time, and ended."""

from __future__ import annotations

from datetime import date

from flask_babel import gettext as _
from sqlalchemy import select

from portal.base import clock
from portal.base.access import Viewer
from portal.base.db import session
from portal.base.errors import Refused
from portal.people.models import Person, Role, RoleGrant, Unit, UnitKind
from portal.people.rules.keys import end_sessions


def give_role(
    by: Viewer | None,
    person: Person,
    *,
    role: Role,
    unit: Unit | None = None,
    since: date | None = None,
    until: date | None = None,
    bound: bool = False,
    batch_id: int | None = None,
) -> RoleGrant:
    """Give `role` over `unit` (None: the whole house). `bound`: only while they work in it.

    `by` None is the house itself (first start, import). Whoever's rights change signs in anew.
    Raises Refused: to oneself, a leader of nothing, beyond what the giver holds.
    """
    since = since or clock.today()
    if by is not None:
        _check_giver(by, person, role, unit)
    if role == Role.LEADER and (unit is None or unit.kind == UnitKind.SITE):
        raise Refused(_("班长要有自己的班组或部门。"), "unit")
    if until is not None and until <= since:
        raise Refused(_("结束的日子要在开始之后。"), "until")
    if not person.in_service:
        raise Refused(_("这位同事不在职。"), "person")
    if _is_held(person, role, unit, since):
        raise Refused(_("这位同事已经有这个角色了。"), "role")
    grant = RoleGrant(
        person_id=person.id,
        role=role,
        unit_id=unit.id if unit else None,
        while_in_unit_id=unit.id if unit and bound else None,
        valid_from=since,
        valid_to=until,
        given_by_id=by.id if by else None,
        batch_id=batch_id,
    )
    session().add(grant)
    session().flush()
    if by is not None:
        end_sessions(person.id)
    return grant


def _is_held(person: Person, role: Role, unit: Unit | None, day: date) -> bool:
    held = select(RoleGrant.id).where(
        RoleGrant.person_id == person.id,
        RoleGrant.role == role,
        RoleGrant.unit_id.is_(None) if unit is None else RoleGrant.unit_id == unit.id,
        RoleGrant.valid_from <= day,
        RoleGrant.valid_to.is_(None) | (RoleGrant.valid_to > day),
    )
    return session().scalar(held.limit(1)) is not None


def _check_giver(by: Viewer, person: Person, role: Role, unit: Unit | None) -> None:
    if by.id == person.id:
        raise Refused(_("不能给自己授权，请让另一位同事来做。"), "person")
    if not by.has("administrator"):
        _check_scope(by, role, unit)


def _check_scope(by: Viewer, role: Role, unit: Unit | None) -> None:
    if role in {Role.ADMINISTRATOR, Role.AUDITOR, Role.GENERAL_MANAGER}:
        raise Refused(_("这个角色只能由管理员授予。"), "role")
    scopes = by.units_as("hr")
    if scopes is not None and (unit is None or unit.id not in _covered(scopes)):
        raise Refused(_("只能在你负责的站点之内授权。"), "unit")


def _covered(scopes: frozenset[int]) -> set[int]:
    from portal.people.queries import units_below

    return set(units_below(scopes, clock.today()))


def end_grant(by: Viewer, grant: RoleGrant) -> None:
    """Take a role back from today; its holder signs in anew. Raises Refused beyond what the giver
    could give, and for one's own administrator role.
    """
    if grant.person_id == by.id and grant.role == Role.ADMINISTRATOR:
        raise Refused(_("不能收回自己的管理员角色，请让另一位管理员来做。"))
    if not by.has("administrator"):
        _check_scope(by, Role(grant.role), grant.unit)
    today = clock.today()
    if grant.valid_to is None or grant.valid_to > today:
        grant.valid_to = max(today, grant.valid_from)
        end_sessions(grant.person_id)
        session().flush()
