"""A test client that reads pages as a browser would, and holds every page to the page contract."""

from __future__ import annotations

import re
from typing import Any

import html5lib
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.cast import PASSWORD, Member

Element = Any


class PageClient(FlaskClient):
    """Every HTML answer is checked against the page contract; forms are sent as they were drawn."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        response = super().open(*args, **kwargs)
        if response.mimetype == "text/html" and response.status_code != 303:
            check_page(response)
        return response

    def sign_in(self, member: Member, password: str = PASSWORD) -> TestResponse:
        """Sign in through the page."""
        return self.submit("/people/sign-in", staff_no=member.staff_no, password=password)

    def submit(
        self, url: str, *, button: dict[str, str] | None = None, **typed: Any
    ) -> TestResponse:
        """Open the form at `url`, fill in `typed` (a list for several values), and send it.

        What was drawn into the form (tokens, defaults) is sent too. The form is the one that posts
        to `url`, or the first one of the page that is not the frame's.
        """
        drawn = self.get(url)
        assert drawn.status_code == 200, f"{url} answered {drawn.status_code}"
        path, fields = form_of(drawn, url)
        sent: dict[str, Any] = {**fields, **(button or {}), **typed}
        has_file = any(isinstance(value, tuple) for value in sent.values())
        kind = {"content_type": "multipart/form-data"} if has_file else {}
        return self.post(path, data=sent, **kind)

    def token(self) -> str:
        """The CSRF token of this browser."""
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get("/").text)
        assert found, "no form on the first screen"
        return found[1]

    def act(self, url: str, **typed: Any) -> TestResponse:
        """Post to `url` as a button would: with the token and nothing drawn."""
        return self.post(url, data={"csrf_token": self.token(), **typed})


FRAME_ACTIONS = ("/people/language", "/people/theme", "/people/sign-out")


def form_of(response: TestResponse, url: str) -> tuple[str, dict[str, Any]]:
    """Where the page's main form posts to, and the fields that were drawn into it."""
    page = html5lib.parse(response.text, namespaceHTMLElements=False)
    here = response.request.path
    forms = [
        form for form in page.iter("form")
        if form.get("method", "").lower() == "post" and form.get("action") not in FRAME_ACTIONS
    ]  # fmt: skip
    assert forms, f"no form on {url}"
    own = [form for form in forms if (form.get("action") or here).partition("?")[0] == here]
    form = (own or forms)[0]
    fields: dict[str, Any] = {}
    for element in form.iter():
        name = element.get("name")
        if not name or element.get("disabled") is not None:
            continue
        if element.tag == "input":
            _take_input(element, name, fields)
        elif element.tag == "textarea":
            fields[name] = element.text or ""
        elif element.tag == "select":
            chosen = [o for o in element.iter("option") if o.get("selected") is not None]
            first = list(element.iter("option"))[:1]
            for option in chosen or first:
                fields[name] = option.get("value", option.text or "")
    return form.get("action") or url, fields


def _take_input(element: Element, name: str, fields: dict[str, Any]) -> None:
    kind = element.get("type", "text")
    if kind in {"checkbox", "radio"}:
        if element.get("checked") is not None:
            if name in fields and kind == "checkbox":
                before = fields[name] if isinstance(fields[name], list) else [fields[name]]
                fields[name] = [*before, element.get("value", "on")]
            else:
                fields[name] = element.get("value", "on")
    elif kind not in {"submit", "button", "file"}:
        fields[name] = element.get("value", "")


def check_page(response: TestResponse) -> None:
    """The page contract of HOUSE: what a page must keep to be read by everybody and trusted."""
    text = response.text
    where = response.request.path
    if not text.lstrip().lower().startswith("<!doctype"):
        _check_fragment(text, where, response)
        return
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    page = parser.parse(text)
    wrong = [error for error in parser.errors if error[1] not in {"unexpected-end-tag"}]
    assert not wrong, f"{where}: not valid HTML: {wrong[:3]}"
    _check_frame(page, where)
    _check_elements(page, where, response)


def _words(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def _check_frame(page: Element, where: str) -> None:
    assert page.get("lang") in {"zh-CN", "en"}, f"{where}: lang"
    headings = list(page.iter("h1"))
    assert len(headings) == 1, f"{where}: {len(headings)} h1"
    title = _words(next(page.iter("title")))
    assert _words(headings[0]), f"{where}: an empty h1"
    assert title.startswith(_words(headings[0])), f"{where}: title “{title}” begins otherwise"
    assert len(list(page.iter("main"))) == 1, f"{where}: main"


def _check_elements(page: Element, where: str, response: TestResponse) -> None:
    nonce = re.search(r"'nonce-([^']+)'", response.headers.get("Content-Security-Policy", ""))
    ids: set[str] = set()
    for element in page.iter():
        if not isinstance(element.tag, str):
            continue
        identity = element.get("id")
        if identity:
            assert identity not in ids, f"{where}: id {identity} twice"
            ids.add(identity)
        assert element.get("style") is None, f"{where}: inline style on {element.tag}"
        assert not any(name.startswith("on") for name in element.attrib), f"{where}: inline script"
        if element.tag == "script":
            assert nonce, f"{where}: no nonce in the policy"
            assert element.get("nonce") == nonce[1], f"{where}: a script without the nonce"
        assert element.tag != "style", f"{where}: inline style sheet"
        if element.tag == "form" and element.get("method", "").lower() == "post":
            names = {field.get("name") for field in element.iter("input")}
            assert "csrf_token" in names, f"{where}: form {element.get('action')} without token"
        if element.tag in {"img"}:
            assert element.get("alt") is not None, f"{where}: picture without words"
    labelled = {label.get("for") for label in page.iter("label")}
    inside = {field for label in page.iter("label") for field in label.iter()}
    for field in page.iter():
        if field.tag not in {"input", "select", "textarea"} or field.get("type") in {
            "hidden", "submit", "button",
        }:  # fmt: skip
            continue
        named = field.get("aria-label") or field.get("aria-labelledby")
        assert named or field.get("id") in labelled or field in inside, (
            f"{where}: field {field.get('name')} has no label"
        )


def _check_fragment(text: str, where: str, response: TestResponse) -> None:
    page = html5lib.parseFragment(text, namespaceHTMLElements=False)
    for element in page.iter():
        if isinstance(element.tag, str):
            assert element.get("style") is None, f"{where}: inline style"
            assert element.tag != "script", f"{where}: a script in a fragment"
            assert not any(name.startswith("on") for name in element.attrib), (
                f"{where}: inline script"
            )
    assert response.headers.get("Content-Security-Policy")


def make_client(app: Flask) -> PageClient:
    app.test_client_class = PageClient
    client = app.test_client()
    assert isinstance(client, PageClient)
    return client
