"""A drive that takes gifts, coins to give, and tokens for programs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from portal.base import clock
from portal.drives import rules
from portal.people.rules import make_token
from tests.drives.making import as_viewer, fill_wallet, new_drive


@pytest.fixture
def drive(db: Any, cast: Any) -> int:
    """The number of a drive that takes gifts today; the agent's wallet holds 20 coins."""
    with db():
        committee = as_viewer(cast.committee)
        made = new_drive(committee)
        rules.open_drive(committee, made)
        fill_wallet(cast.agent.id, 20)
        return made.id


@pytest.fixture
def call(db: Any, cast: Any, app: Any) -> Callable[..., Any]:
    """Calls the API as somebody: `call(cast.agent, "post", path, json=…, key=…)`."""
    tokens: dict[tuple[int, str], str] = {}

    def send(
        member: Any,
        method: str,
        path: str,
        *,
        scopes: str = "drives:read drives:write",
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
        return getattr(app.test_client(), method)(f"/api/v1{path}", headers=headers, **options)

    return send
