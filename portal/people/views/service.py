"""HR and one working life: hiring, moving, leaving, coming back, a new password."""

from __future__ import annotations

from flask import request, url_for
from flask_babel import gettext as _

from portal.base import clock
from portal.base.access import load, me
from portal.base.pages import Answer, done, page
from portal.people import policy, queries, rules
from portal.people.forms import HireAgainForm, HireForm, LeaveForm, MoveForm, SureForm
from portal.people.models import Person
from portal.people.queries import StaffLine
from portal.people.views.blueprints import pages
from portal.people.views.directory import whole


def _person(person_id: int) -> Person:
    return load(Person, person_id, see=policy.may_see, may=policy.may_edit)


def _card_url(person: Person) -> str:
    return url_for("people.show", person_id=person.id)


@pages.route("/new", methods=["GET", "POST"], who=policy.may_manage)
def hire() -> Answer:
    """Hire one person."""
    form = HireForm()
    if form.accepted():
        person = rules.take_on(me, **form.values())
        return done(_("欢迎 %(name)s！", name=person.name), _card_url(person))
    return page("people/hire.html", form=form)


@pages.route("/<int:person_id>/again", methods=["GET", "POST"], who=policy.may_manage)
def hire_again(person_id: int) -> Answer:
    """Hire somebody who was here before: one person, a second employment."""
    person = _person(person_id)
    form = HireAgainForm()
    if form.accepted():
        rules.take_back(me, person, **form.values())
        return done(_("欢迎 %(name)s 回来！", name=person.name), _card_url(person))
    return page("people/again.html", form=form, person=person)


@pages.route("/<int:person_id>/move", methods=["GET", "POST"], who=policy.may_manage)
def move(person_id: int) -> Answer:
    """Another unit or title from a day on; what was before stays as it was."""
    person = _person(person_id)
    form = MoveForm()
    if form.accepted():
        rules.move_person(me, person, **form.values())
        return done(_("记下了，从那一天起生效。"), _card_url(person))
    if request.method == "GET":
        card = queries.card(person.id, person.place, clock.today())
        if card is not None:
            form.unit.data = card.units[-1] if card.units else ""
            form.title.data, form.grade.data, form.shift.data = card.title, card.grade, card.shift
    return page("people/move.html", form=form, person=person)


@pages.route("/<int:person_id>/leave", methods=["GET", "POST"], who=policy.may_manage)
def leave(person_id: int) -> Answer:
    """End somebody's service; the account closes with the last day."""
    person = _person(person_id)
    form = LeaveForm()
    if form.accepted():
        rules.let_go(me, person, **form.values())
        return done(_("%(name)s 的离职记下了。", name=person.name), url_for("people.index"))
    return page("people/leave.html", form=form, person=person)


@pages.route("/<int:person_id>/password", methods=["GET", "POST"], who=policy.may_reset_somebodys)
def reset_password(person_id: int) -> Answer:
    """A new first password for one who forgot theirs: shown once, to be handed over."""
    person = load(Person, person_id, see=policy.may_see, may=policy.may_reset)
    form = SureForm()
    if form.accepted():
        password = rules.reset_password(me, person)
        return page("people/password_new.html", person=person, password=password)
    return page("people/password_reset.html", form=form, person=person)


@pages.route("/passwords", methods=["GET", "POST"], who=policy.may_manage)
def passwords() -> Answer:
    """First passwords for the people of a unit who have no account yet: a list to hand out."""
    unit_id = whole("unit")
    people = _without_account(unit_id) if unit_id else []
    form = SureForm()
    if unit_id and form.accepted():
        made = rules.first_passwords(people[: rules.MOST_AT_ONCE])
        return page("people/passwords_made.html", made=made, left=len(people) - len(made))
    units = queries.units_waiting(me.units_as("hr"), clock.today())
    return page("people/passwords.html", form=form, units=units, people=people, unit_id=unit_id)


def _without_account(unit_id: int) -> list[StaffLine]:
    return queries.without_account(unit_id, me.units_as("hr"), clock.today())
