"""Roles: who holds which, giving and taking back."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask_babel import gettext as _

from portal.base import clock
from portal.base.access import load, me
from portal.base.pages import Answer, done, page
from portal.people import policy, queries, rules
from portal.people.forms import ROLES, RoleForm, SureForm
from portal.people.models import Person, Role, RoleGrant
from portal.people.views.blueprints import pages
from portal.people.views.directory import PAGE, whole


def _scope() -> frozenset[int] | None:
    return None if me.has("administrator") else me.units_as("hr")


@pages.route("/roles", who=policy.may_give_roles)
def roles() -> Answer:
    """Who holds which role over what, until when."""
    role = request.args.get("role", "")
    role = role if role in set(Role) else ""
    found = queries.grants(
        clock.today(), scope=_scope(), role=role, after=whole("after") or 0, limit=PAGE
    )
    kept: dict[str, Any] = {"role": role} if role else {}
    chips = [{"label": _("全部"), "url": url_for("people.roles"), "active": not role}]
    for each, label in ROLES.items():
        url = url_for("people.roles", role=each.value)
        chips.append({"label": label, "url": url, "active": role == each.value})
    return page(
        "people/roles.html",
        grants=found[:PAGE],
        labels=ROLES,
        chips=chips,
        next_url=url_for("people.roles", after=found[PAGE - 1].id, **kept)
        if len(found) > PAGE
        else None,
    )


@pages.route("/roles/new", methods=["GET", "POST"], who=policy.may_give_roles)
def give_role() -> Answer:
    """Give somebody a role over a unit, for a time."""
    form = RoleForm()
    if form.accepted():
        chosen = form.person.chosen
        person = load(Person, chosen.id if chosen else 0, see=policy.may_see)
        rules.give_role(me, person, **form.values())
        return done(_("给了 %(name)s 这个角色。", name=person.name), url_for("people.roles"))
    return page("people/role_new.html", form=form)


@pages.route("/roles/<int:grant_id>/end", methods=["GET", "POST"], who=policy.may_give_roles)
def end_role(grant_id: int) -> Answer:
    """Take a role back."""
    grant = load(RoleGrant, grant_id, see=policy.may_see_grant)
    form = SureForm()
    if form.accepted():
        rules.end_grant(me, grant)
        return done(_("收回了，马上生效。"), url_for("people.roles"))
    unit = grant.unit.name if grant.unit else _("全中心")
    return page(
        "people/role_end.html", form=form, grant=grant, label=ROLES[Role(grant.role)], unit=unit
    )
