"""A suggestion that waits for its answer, and tokens for programs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from portal.base import clock
from portal.people.rules import make_token
from tests.suggestions.making import as_viewer, send


@pytest.fixture
def fault(db: Any, cast: Any) -> int:
    """The number of a fault that the agent found; the leader owns it."""
    with db():
        return send(cast.agent).id


@pytest.fixture
def call(db: Any, app: Any) -> Callable[..., Any]:
    """Calls the API as somebody: `call(cast.agent, "post", path, json=…, key=…)`."""
    tokens: dict[tuple[int, str], str] = {}

    def ask(
        member: Any,
        method: str,
        path: str,
        *,
        scopes: str = "suggestions:read suggestions:write",
        key: str | None = None,
        **options: Any,
    ) -> Any:
        if (member.id, scopes) not in tokens:
            with db():
                until = clock.today() + timedelta(days=30)
                tokens[member.id, scopes] = make_token(
                    as_viewer(member), name="t", scopes=scopes.split(), expires_on=until
                )[1]
        headers = {"Authorization": f"Bearer {tokens[member.id, scopes]}"}
        if key is not None:
            headers["Idempotency-Key"] = key
        return getattr(app.test_client(), method)(
            f"/api/v1/suggestions{path}", headers=headers, **options
        )

    return ask
