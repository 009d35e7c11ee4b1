"""One transaction a request: what stays, what is rolled back, what is asked twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, redirect
from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import DBAPIError

from portal.base.access import Pages, everyone, signed_in
from portal.base.db import note, session
from portal.base.errors import Refused
from portal.base.forms import Keyed, Text
from portal.base.once import RequestKey
from portal.base.pages import Answer, page
from portal.base.throttle import Tries, count, tries
from tests.cast import PASSWORD, Cast
from tests.client import form_of, make_client

HOUR = timedelta(hours=1)


class WordForm(Keyed):
    word = Text("词", most=20)


def plant(app: Flask) -> list[str]:
    """A few pages that try what views must not, and one that does what they should."""
    pages = Pages("planted", __name__, url_prefix="/planted")
    calls: list[str] = []

    @pages.route("/form", methods=["GET", "POST"], who=everyone)
    def form() -> Answer:
        calls.append("view")
        word = WordForm()
        if word.accepted():
            count("planted", word.word.data, within=HOUR)
            if word.word.data == "no":
                raise Refused("这个词不行。", "word")
            if word.word.data == "boom":
                raise ZeroDivisionError
            return redirect(f"/planted/done/{word.word.data}", code=303)
        return page("people/sign_in.html", form=word)

    @pages.route("/writes", who=everyone)
    def writes() -> Answer:
        session().execute(delete(Tries))
        return {"wrote": True}

    @pages.route("/notes", who=everyone)
    def notes() -> Answer:
        note(lambda: count("noted", "", within=HOUR))
        return {"noted": True}

    @pages.route("/mine", who=signed_in)
    def mine() -> Answer:
        return {"mine": True}

    app.register_blueprint(pages)
    return calls


@pytest.fixture
def planted(make_app: Callable[..., Flask]) -> tuple[Flask, list[str]]:
    app = make_app()
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app, plant(app)


def tried(app: Flask, what: str, whom: str = "") -> int:
    from portal.base.db import transaction

    with app.app_context(), transaction(read_only=True):
        return tries(what, whom, within=HOUR)


def test_a_refusal_is_drawn_at_its_field_and_nothing_stays(
    planted: tuple[Flask, list[str]],
) -> None:
    app, calls = planted
    answer = make_client(app).submit("/planted/form", word="no")
    assert answer.status_code == 422
    assert "这个词不行。" in answer.text
    assert 'value="no"' in answer.text, "what was typed is kept"
    assert tried(app, "planted", "no") == 0
    assert calls == ["view", "view", "view"], "drawn, tried, drawn again"


def test_an_error_rolls_back_and_says_so_without_a_stack_trace(
    planted: tuple[Flask, list[str]],
) -> None:
    app, _calls = planted
    answer = make_client(app).submit("/planted/form", word="boom")
    assert answer.status_code == 500
    assert "ZeroDivisionError" not in answer.text
    assert tried(app, "planted", "boom") == 0


def test_the_same_form_twice_is_done_once_and_leads_to_the_same_place(
    planted: tuple[Flask, list[str]],
) -> None:
    app, _calls = planted
    client = make_client(app)
    sent: dict[str, Any] = {"word": "once", "request_key": "k" * 24, "csrf_token": csrf(client)}
    first = client.post("/planted/form", data=sent)
    second = client.post("/planted/form", data=sent)
    assert (first.status_code, first.location) == (303, "/planted/done/once")
    assert (second.status_code, second.location) == (303, "/planted/done/once")
    assert tried(app, "planted", "once") == 1


def test_the_same_key_with_other_content_is_a_conflict(planted: tuple[Flask, list[str]]) -> None:
    app, _calls = planted
    client = make_client(app)
    sent: dict[str, Any] = {"word": "first", "request_key": "k" * 24, "csrf_token": csrf(client)}
    client.post("/planted/form", data=sent)
    answer = client.post("/planted/form", data=sent | {"word": "second"})
    assert answer.status_code == 409
    assert tried(app, "planted", "second") == 0


@pytest.mark.parametrize("key", ["", "short", "x" * 201, "with space in it", "钥匙钥匙钥匙钥匙"])
def test_a_form_without_a_right_key_is_refused(planted: tuple[Flask, list[str]], key: str) -> None:
    app, _calls = planted
    client = make_client(app)
    answer = client.post(
        "/planted/form", data={"word": "w", "request_key": key, "csrf_token": csrf(client)}
    )
    assert answer.status_code == 422
    assert tried(app, "planted", "w") == 0


def test_a_refused_form_may_be_mended_and_sent_again(planted: tuple[Flask, list[str]]) -> None:
    app, _calls = planted
    client = make_client(app)
    sent: dict[str, Any] = {"word": "no", "request_key": "m" * 24, "csrf_token": csrf(client)}
    assert client.post("/planted/form", data=sent).status_code == 422
    assert client.post("/planted/form", data=sent | {"word": "yes"}).status_code == 303
    assert tried(app, "planted", "yes") == 1


def test_get_cannot_write(planted: tuple[Flask, list[str]]) -> None:
    app, _calls = planted
    answer = make_client(app).get("/planted/writes")
    assert answer.status_code in {500, 503}


def test_a_reading_request_leaves_its_notes(planted: tuple[Flask, list[str]]) -> None:
    app, _calls = planted
    assert make_client(app).get("/planted/notes").status_code == 200
    assert tried(app, "noted") == 1


def test_a_form_without_the_token_is_refused(planted: tuple[Flask, list[str]]) -> None:
    app, _calls = planted
    client = make_client(app)
    answer = client.post("/planted/form", data={"word": "w", "request_key": "k" * 24})
    assert answer.status_code == 400
    assert tried(app, "planted", "w") == 0


def test_a_closed_door_asks_to_sign_in_and_comes_back(planted: tuple[Flask, list[str]]) -> None:
    app, _calls = planted
    answer = make_client(app).get("/planted/mine?a=1")
    assert answer.status_code == 303
    assert answer.location == "/people/sign-in?next=/planted/mine?a%3D1"


def test_signing_in_leads_on_but_never_to_another_host(
    planted: tuple[Flask, list[str]], cast: Cast
) -> None:
    app, _calls = planted
    for target, place in (
        ("/planted/mine", "/planted/mine"),
        ("//evil.example/", "/"),
        ("https://evil.example/", "/"),
        ("/\\evil.example", "/"),
    ):
        client = make_client(app)
        answer = client.submit(
            f"/people/sign-in?next={target}", staff_no=cast.agent.staff_no, password=PASSWORD
        )
        assert (answer.status_code, answer.location) == (303, place)


@pytest.mark.parametrize("path", ["/coins/9223372036854775808", "/people/" + "9" * 400])
def test_a_number_beyond_the_database_is_not_found(client: Any, path: str) -> None:
    assert client.get(path).status_code in {303, 404}


def csrf(client: Any) -> str:
    _path, fields = form_of(client.get("/planted/form"), "/planted/form")
    return str(fields["csrf_token"])


def test_keys_are_kept_for_ever(planted: tuple[Flask, list[str]]) -> None:
    app, _calls = planted
    client = make_client(app)
    client.submit("/planted/form", word="kept")
    from portal.base.db import transaction

    with app.app_context(), transaction(read_only=True) as current:
        assert current.scalar(select(func.count()).select_from(RequestKey)) == 1


def test_a_key_too_long_is_stopped_by_the_database_as_well(db: Any) -> None:
    row = {"key": "x" * 201, "action": "a", "content_hash": "h", "status": 0}
    with pytest.raises(DBAPIError), db() as current:
        current.execute(insert(RequestKey.__table__), row)
