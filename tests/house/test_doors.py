"""Every endpoint states who may open it, and a change of access shows in review."""

from __future__ import annotations

import pytest
from flask import Flask

from portal.base.access import Pages, refuse_unguarded, signed_in
from portal.base.api import Api
from tests.house.doors import GOLDEN, lines_of


def test_the_doors_are_as_written_down(app: Flask) -> None:
    """After a change that is meant: `python -m tests.house.doors`, and review the difference."""
    assert lines_of(app) == GOLDEN.read_text(encoding="utf-8").splitlines()


def test_a_page_without_an_opener_does_not_start() -> None:
    pages = Pages("planted", __name__)
    with pytest.raises(RuntimeError, match="names nobody"):
        pages.add_url_rule("/planted", "planted", lambda: "")


def test_an_api_route_without_opener_or_scope_does_not_start() -> None:
    api = Api("planted", __name__)
    with pytest.raises(RuntimeError, match="no opener"):
        api._add_url_rule("/planted", "planted", lambda: "", who=signed_in)


def test_a_route_that_went_around_the_doors_does_not_start() -> None:
    app = Flask(__name__, static_folder=None)
    app.add_url_rule("/planted", "planted", lambda: "")
    with pytest.raises(RuntimeError, match="planted"):
        refuse_unguarded(app)
