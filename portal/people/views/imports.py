"""Bringing a staff file in: upload, columns, rehearsal, yes, progress, done, undo."""

from __future__ import annotations

from typing import Any

from flask import redirect, request, url_for
from flask_babel import gettext as _

from portal.base import words
from portal.base.access import load, me
from portal.base.errors import Refused
from portal.base.pages import Answer, done, page
from portal.base.sheets import Header
from portal.people import policy, queries
from portal.people.forms import ConfirmForm, SureForm, UploadForm, columns_form
from portal.people.imports import batches, labels
from portal.people.imports.mapping import FIELDS, Mapping, named, parse, shipped
from portal.people.models import BatchState, ImportBatch
from portal.people.views.blueprints import pages
from portal.people.views.directory import whole

BATCHES, FINDINGS = 12, 50


def _batch(batch_id: int) -> ImportBatch:
    return load(ImportBatch, batch_id, see=policy.may_see_batch)


def _url(batch: ImportBatch, **more: Any) -> str:
    return url_for("people.import_batch", batch_id=batch.id, **more)


@pages.route("/import", methods=["GET", "POST"], who=policy.may_import)
def imports() -> Answer:
    """Send a file; nothing is taken over yet."""
    form = UploadForm()
    if form.accepted():
        upload = form.file.data
        batch = batches.receive(me, content=upload.read(), name=upload.filename or "?")
        return redirect(url_for("people.import_columns", batch_id=batch.id), code=303)
    found = queries.batches_of(me, before=whole("before"), limit=BATCHES)
    return page(
        "people/imports.html",
        form=form,
        batches=found[:BATCHES],
        states=labels.STATES,
        next_url=url_for("people.imports", before=found[BATCHES - 1].id)
        if len(found) > BATCHES
        else None,
    )


@pages.route("/import/<int:batch_id>/columns", methods=["GET", "POST"], who=policy.may_import)
def import_columns(batch_id: int) -> Answer:
    """Which column is what, with the first rows to look at; remembered for the next file."""
    batch = _batch(batch_id)
    if batch.state not in {BatchState.MAPPING, BatchState.CHECKED, BatchState.FAILED}:
        return redirect(_url(batch), code=303)
    base = _base_mapping(batch)
    book = batches.book_of(batch)
    try:
        seen = batches.preview(book, base)
    except Refused:
        seen = batches.preview(book, None)
    form = columns_form(base, seen.names, batch.as_of)
    if form.accepted():
        day: Any = form.as_of.data
        batches.choose(batch, mapping=form.mapping(base), as_of=day, by=me)
        return redirect(_url(batch), code=303)
    return page(
        "people/import_columns.html",
        batch=batch,
        form=form,
        seen=seen,
        chips=_kinds(batch, base, seen.names),
        column_fields=[form[f"column_{name}"] for name in FIELDS[base.kind]],
        kind=labels.KINDS[base.kind],
    )


def _base_mapping(batch: ImportBatch) -> Mapping:
    """The mapping asked for, the one guessed when the file came, or the roster's."""
    asked = request.args.get("as", "")
    if asked in {mapping.name for mapping in shipped()}:
        return named(asked)
    return parse(batch.mapping) if batch.mapping else named("call-centre-roster")


def _kinds(batch: ImportBatch, base: Mapping, names: tuple[str, ...]) -> list[dict[str, Any]]:
    """The ways in which a file can be read, as chips; marked is the one that reads it as `base`."""
    header = Header(names, names, None, 0)

    def read(mapping: Mapping) -> dict[str, list[int | None]]:
        width = len(names)
        return {name: source.columns(header, width) for name, source in mapping.columns.items()}

    language = words.language()
    return [
        {
            "label": mapping.title.get(language) or mapping.name,
            "url": _columns_url(batch, mapping.name),
            "active": mapping.kind == base.kind and read(mapping) == read(base),
        }
        for mapping in shipped()
    ]


def _columns_url(batch: ImportBatch, mapping_name: str) -> str:
    values: dict[str, Any] = {"batch_id": batch.id, "as": mapping_name}
    return url_for("people.import_columns", **values)


@pages.route("/import/<int:batch_id>", methods=["GET", "POST"], who=policy.may_import)
def import_batch(batch_id: int) -> Answer:
    """What was found in the file, the yes to it, and how far it is."""
    batch = _batch(batch_id)
    if batch.state == BatchState.MAPPING:
        return redirect(url_for("people.import_columns", batch_id=batch.id), code=303)
    form = ConfirmForm()
    if form.accepted():
        batches.confirm(batch, **form.values())
        return redirect(_url(batch), code=303)
    kinds = queries.finding_kinds(batch.id)
    severity, code = _asked_kind(kinds)
    found = queries.findings(batch.id, severity, code, after=whole("after") or 0, limit=FINDINGS)
    kept: dict[str, Any] = {"kind": f"{severity}.{code}"} if code else {}
    return page(
        "people/import_batch.html",
        batch=batch,
        form=form,
        state=labels.STATES[BatchState(batch.state)],
        at_work=batch.state in batches.AT_WORK,
        counts=labels.counts(batch.counts),
        chips=_chips(batch, kinds, severity, code),
        findings=found[:FINDINGS],
        tones=labels.TONES,
        fields=labels.FIELD_LABELS,
        address=labels.address,
        spoken=words.language(),
        next_url=_url(batch, after=found[FINDINGS - 1].id, **kept)
        if len(found) > FINDINGS
        else None,
        left_out=batch.counts.get("rows_left_out", 0),
        has_changes=labels.has_changes(batch.counts),
    )


def _asked_kind(kinds: list[tuple[str, str, int]]) -> tuple[str, str]:
    """The kind of finding asked for, else the gravest there is."""
    severity, _dot, code = request.args.get("kind", "").partition(".")
    known = [(kind[0], kind[1]) for kind in kinds]
    if (severity, code) in known:
        return severity, code
    return known[0] if known else ("", "")


def _chips(
    batch: ImportBatch, kinds: list[tuple[str, str, int]], severity: str, code: str
) -> list[dict[str, Any]]:
    return [
        {
            "label": labels.reason(kind[0], kind[1]),
            "count": kind[2],
            "url": _url(batch, kind=f"{kind[0]}.{kind[1]}"),
            "active": (kind[0], kind[1]) == (severity, code),
        }
        for kind in kinds
    ]


@pages.route("/import/<int:batch_id>/undo", methods=["GET", "POST"], who=policy.may_import)
def undo_import(batch_id: int) -> Answer:
    """Take a whole batch back."""
    batch = _batch(batch_id)
    form = SureForm()
    if form.accepted():
        batches.ask_undo(batch, by=me)
        return redirect(_url(batch), code=303)
    return page("people/import_undo.html", form=form, batch=batch)


@pages.route("/import/<int:batch_id>/discard", methods=["GET", "POST"], who=policy.may_import)
def discard_import(batch_id: int) -> Answer:
    """Put a file aside that was never taken over."""
    batch = _batch(batch_id)
    form = SureForm()
    if form.accepted():
        batches.discard(batch)
        return done(_("放下了，什么也没有导入。"), url_for("people.imports"))
    return page("people/import_discard.html", form=form, batch=batch)
