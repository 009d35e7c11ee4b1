"""The growth file: the page a person is glad to open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import current_app, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from portal.audit import queries as looks
from portal.audit import rules as audit
from portal.base import clock
from portal.base.access import load, me, signed_in
from portal.base.forms import CONTROL, clean
from portal.base.pages import Answer, page
from portal.base.room import FileEntry, FileSection
from portal.growth import policy, queries
from portal.growth.forms import OpenForm, PurposeForm
from portal.growth.models import FIGURES, LEVELS, HonourLevel
from portal.growth.queries import Career, HonourLine, Service, Subject
from portal.growth.queries.figures import back, last_whole_month
from portal.growth.queries.timeline import moments, page_of
from portal.growth.views import pictures
from portal.growth.views.blueprint import Context, day_asked, key_asked, pages
from portal.people.models import Person

PARTS = {
    "file": _l("成长档案"),
    "performance": _l("绩效"),
    "identity": _l("证件信息"),
    "coin_case": _l("金币核查"),
}
ROLES = {
    "leader": _l("班长"),
    "hr": _l("人力资源"),
    "general_manager": _l("总经理"),
    "auditor": _l("审计"),
}
"""How the log of looks is read out: the part that was opened, and in which role."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A file as this viewer may read it. day: as of when; groups: the parts they may read."""

    person: Person
    subject: Subject
    related: frozenset[str]
    groups: frozenset[str]
    day: date
    is_today: bool

    @property
    def is_own(self) -> bool:
        return "self" in self.related


def _open(person_id: int, part: str | None = None) -> Opened:
    """Load a file for this viewer, and note the look when it is another's."""
    today = clock.today()
    asked = day_asked("on")
    day = asked if asked is not None else today
    subjects: list[Subject] = []

    def may_see(viewer: Any, person: Person) -> bool:
        subjects.extend(queries.subjects(person.id, [today] if day == today else [today, day]))
        return policy.may_see(viewer, subjects[0])

    person = load(Person, person_id, see=may_see)
    related = policy.relations(me, subjects[0])
    groups = policy.groups(related)
    if "self" not in related:
        shown = part or ("file" if "timeline" in groups else "performance")
        audit.looked(me, person.id, part=shown, role=policy.role_of(related))
    return Opened(person, subjects[-1], related, groups, day, day == today)


@pages.route("/", who=signed_in)
def index() -> Answer:
    """My own file."""
    return _file(_open(me.id))


@pages.route("/<int:person_id>", who=signed_in)
def show(person_id: int) -> Answer:
    """Somebody's file: one's own, or of those one is responsible for."""
    return _file(_open(person_id))


def _file(file: Opened) -> Answer:
    found, honours = queries.life(file.person.id, file.day, honours="honours" in file.groups)
    career = found.until(file.day)
    context: Context = {
        "file": file,
        "person": file.person,
        "step": career.step_on(file.day),
        "span": career.span_on(file.day),
        "periods": career.periods(),
        "service": service_words(queries.service_length(career, file.day)),
        "here": _home(file),
        "identity_url": url_for("growth.identity", person_id=file.person.id),
        "picks": "pick" in request.args,
        "wrong_day": bool(request.args.get("on")) and day_asked("on") is None,
    }
    if "performance" in file.groups:
        context |= _performance(file)
    if "honours" in file.groups:
        context["honours"] = honours_words(honours)
    if "timeline" in file.groups:
        context |= _timeline(file, career, honours)
    if file.is_own:
        context |= _looks(5)
        context["others_url"] = url_for("growth.files") if policy.may_see_files(me) else None
    return page("growth/file.html", status=422 if context["wrong_day"] else None, **context)


def _looks(limit: int) -> Context:
    return {"looks": looks.looks_at(me.id, limit=limit), "parts": PARTS, "roles": ROLES}


def _home(file: Opened) -> str:
    """Where this file is today."""
    return (
        url_for("growth.index") if file.is_own else url_for("growth.show", person_id=file.person.id)
    )


def _address(file: Opened, **more: Any) -> str:
    """Where this file is, on the day that is being looked at."""
    if not file.is_today:
        more["on"] = file.day.isoformat()
    if file.is_own:
        return url_for("growth.index", **more)
    return url_for("growth.show", person_id=file.person.id, **more)


def _performance(file: Opened) -> Context:
    last = file.day.replace(day=1) if file.is_today else last_whole_month(file.day)
    found, medians = queries.figures(
        file.person.id,
        first=back(last, 12),
        last=last,
        team_id=file.subject.team_id if file.subject.in_service else None,
        day=file.day,
    )
    return {
        "pictures": pictures.of_file(found, medians),
        "figures_url": url_for("growth.figures", person_id=file.person.id),
    }


def _timeline(file: Opened, career: Career, honours: Sequence[HonourLine]) -> Context:
    sections = file_sections(file.person.id)
    more: list[FileEntry] = [entry for section in sections for entry in section.entries]
    found = moments(career, honours, more, file.day)
    before = day_asked("before")
    shown, earlier = page_of(found, before)
    return {
        "sections": [section for section in sections if section.value] if file.is_today else [],
        "moments": shown,
        "before": before,
        "earlier_url": _address(file, before=earlier, _anchor="timeline") if earlier else None,
    }


def file_sections(person_id: int) -> list[FileSection]:
    """What the other rooms add to this file, through their cards."""
    rooms = current_app.extensions["sunhome_rooms"]
    return [section for room in rooms for section in room.file_sections(person_id, me)]


def service_words(service: Service) -> str:
    """3 年 4 个月."""
    parts = []
    if service.years:
        parts.append(ngettext("%(num)s 年", "%(num)s 年", service.years))
    if service.rest or not service.years:
        parts.append(ngettext("%(num)s 个月", "%(num)s 个月", service.rest))
    return " ".join(parts)


def honours_words(honours: Sequence[HonourLine]) -> str:
    """4 项 · 省级 1: how many, and how many of the highest level above the house."""
    own = [honour for honour in honours if not honour.is_collective]
    if not own:
        return str(_("还没有"))
    words = [ngettext("%(num)s 项", "%(num)s 项", len(own))]
    order = list(HonourLevel)
    highest = max((honour.level for honour in own), key=order.index, default=HonourLevel.CENTRE)
    if highest is not HonourLevel.CENTRE:
        count = sum(honour.level is highest for honour in own)
        words.append(_("%(level)s %(count)s", level=LEVELS[highest], count=count))
    return " · ".join(words)


@pages.route("/<int:person_id>/figures", who=signed_in)
def figures(person_id: int) -> Answer:
    """All monthly figures of a person, newest first."""
    file = _open(person_id, part="performance")
    before = day_asked("before")
    found = queries.months_of(file.person.id, before=before)
    shown, more = found[:24], found[24:]
    return page(
        "growth/figures.html",
        file=file,
        person=file.person,
        months=shown,
        labels=FIGURES,
        talk_words=pictures.talk_words,
        days=pictures.days_words,
        pictures=pictures.of_figures(shown[:12]) if before is None else [],
        back_url=_home(file),
        next_url=url_for("growth.figures", person_id=person_id, before=shown[-1].month)
        if more
        else None,
    )


@pages.route("/<int:person_id>/identity", methods=["GET", "POST"], who=signed_in)
def identity(person_id: int) -> Answer:
    """Identity fields, opened for a purpose that the person can read afterwards."""
    today = clock.today()
    related: list[frozenset[str]] = []

    def may_see(viewer: Any, person: Person) -> bool:
        related.append(policy.relations(viewer, queries.subject(person.id, today)))
        return bool(related[-1])

    def may_open(_viewer: Any, _person: Person) -> bool:
        return "identity" in policy.groups(related[-1])

    person = load(Person, person_id, see=may_see, may=may_open)
    is_own = "self" in related[-1]
    form = OpenForm() if is_own else PurposeForm()
    is_open = form.accepted()
    if is_open and not is_own:
        role = policy.role_of(related[-1])
        audit.looked(me, person.id, part="identity", role=role, **form.values())
    back_url = url_for("growth.index") if is_own else url_for("growth.show", person_id=person_id)
    return page(
        "growth/identity.html",
        person=person,
        form=None if is_open else form,
        is_own=is_own,
        back_url=back_url,
    )


@pages.route("/looks", who=signed_in)
def looked() -> Answer:
    """Who opened my file, when and why."""
    return page("growth/looks.html", **_looks(100))


@pages.route("/files", who=policy.may_see_files)
def files() -> Answer:
    """The files that I may open, found by typing."""
    typed = CONTROL.sub("", clean(request.args.get("q")))[:100]
    found = queries.files(me, clock.today(), typed=typed, after=key_asked())
    shown = found[:25]
    next_url = None
    if len(found) > len(shown):
        last = shown[-1]
        next_url = url_for("growth.files", q=typed or None, after=last.sort_key, id=last.id)
    return page("growth/files.html", files=shown, typed=typed, next_url=next_url)
