"""A real browser in front of the real portal, both on this machine and speaking to nobody else.

    def test_page(house, cast):
        page = house.visit(cast.agent, width=390)
        page.goto("/coins/")

A page that logs an error, breaks its security policy or asks another host for anything fails the
test that opened it. One browser a worker and module; SQLite, since nothing here is the database's.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.ground import engine_of

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
PATIENCE = 20_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.on("sqlite"))


class Silent(WSGIRequestHandler):
    """Logs nothing, and answers each request on a connection of its own."""

    def log(self, *_args: Any) -> None:
        pass


@dataclass
class House:
    """The portal at `url`, the records in it, and a browser."""

    app: Flask
    url: str
    cast: Any
    ids: dict[str, int]
    chromium: Any
    troubles: list[str] = field(default_factory=list)
    contexts: list[Any] = field(default_factory=list)

    def visit(self, member: Any = None, *, width: int = 1280, **options: Any) -> Any:
        """A page of a new browser, signed in as `member`."""
        settings = {"viewport": {"width": width, "height": 860}, "locale": "zh-CN", **options}
        context = self.chromium.new_context(base_url=self.url, **settings)
        self.contexts.append(context)
        context.set_default_timeout(PATIENCE)
        context.on("request", self._watch)
        context.on("console", self._hear)
        context.on("weberror", lambda error: self.troubles.append(str(error.error)))
        if member is not None:
            cookie = {"name": "sunhome", "value": self._cookie(member), "url": self.url}
            context.add_cookies([cookie])
        return context.new_page()

    def _cookie(self, member: Any) -> str:
        from portal.base.db import transaction
        from portal.people.rules.keys import open_session

        with self.app.app_context(), transaction():
            token = open_session(member.id, "tests")
        signer = self.app.session_interface.get_signing_serializer(self.app)  # type: ignore[attr-defined]
        return str(signer.dumps({"_user_id": token, "_fresh": True}))

    def _watch(self, request: Any) -> None:
        if not request.url.startswith((self.url, "data:", "blob:")):
            self.troubles.append(f"asked for {request.url}")

    def _hear(self, message: Any) -> None:
        refused = "the server responded with a status of 4" in message.text
        if message.type == "error" and not refused:
            self.troubles.append(f"{message.page and message.page.url}: {message.text}")

    def speak(self, language: str) -> None:
        """Everybody reads this language from here on."""
        from sqlalchemy import update

        from portal.base.db import transaction
        from portal.people.models import Person

        with self.app.app_context(), transaction() as session:
            session.execute(update(Person).values(locale=language))

    def work(self) -> None:
        """Do what the scheduler would do by now: imports that wait."""
        from portal.base import clock
        from portal.people.jobs import run_imports

        with self.app.app_context():
            run_imports(clock.today())

    def leave(self) -> None:
        for context in self.contexts:
            context.close()
        self.contexts.clear()
        found, self.troubles[:] = list(self.troubles), []
        assert not found, found


@contextmanager
def _served(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Silent)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def _browser(path: str) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        try:
            yield chromium
        finally:
            chromium.close()


@pytest.fixture(scope="module")
def _stand(
    databases: Any,
    worker_id: str,
    browser_path: str,
    tmp_path_factory: pytest.TempPathFactory,
    _quick_passwords: None,
) -> Iterator[House]:
    from portal import create_app
    from portal.base.db import transaction
    from portal.base.settings import Settings
    from tests.cast import gather
    from tests.stage import setting

    name = f"browser_{worker_id}"
    folder = tmp_path_factory.mktemp("browser")
    url = databases.copy(name)
    app = create_app(Settings(instance=folder, database_url=url))
    with app.app_context(), transaction() as session:
        cast = gather(session)
        ids = setting(cast)
    with _served(app) as address, _browser(browser_path) as chromium:
        yield House(app, address, cast, ids, chromium)
    engine_of(app).dispose()
    databases.drop(url)


@pytest.fixture
def house(_stand: House) -> Iterator[House]:
    """The portal and the browser. What a test leaves in the portal, the next one of its file
    finds there."""
    yield _stand
    _stand.speak("zh")
    _stand.leave()


@pytest.fixture
def cast(_stand: House) -> Any:
    return _stand.cast
