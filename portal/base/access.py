"""Who is asking, which doors are open to them, and how a record is fetched for them.

Every endpoint names its opener (`who=`), a pure predicate of the viewer. A record is never fetched
by id alone: `load` asks whether this viewer may see it, and may do what they came for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar, cast

from flask import Blueprint, abort, current_app, request
from flask.sansio.app import App
from flask_login import AnonymousUserMixin, LoginManager, current_user
from werkzeug.exceptions import Forbidden, Unauthorized

from portal.base.db import session

Row = TypeVar("Row")
LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Grant:
    """A role held over a unit and all below it; unit_id None means the whole house."""

    role: str
    unit_id: int | None


@dataclass(frozen=True, slots=True)
class Viewer:
    """The person of this request, and all that policies may know of them.

    place: the units they are in today, the nearest first. scopes: of an API token; None for a
    browser session, which may do all the person may.
    """

    id: int
    staff_no: str
    name: str
    locale: str | None
    place: tuple[int, ...]
    place_name: str
    grants: frozenset[Grant]
    session_id: int | None = None
    theme: str = "auto"
    must_change_password: bool = False
    scopes: frozenset[str] | None = None

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def has(self, role: str) -> bool:
        """Holds `role` anywhere."""
        return any(grant.role == role for grant in self.grants)

    def has_over(self, role: str, place: Sequence[int]) -> bool:
        """Holds `role` over one of the units of `place`, or over the whole house."""
        return any(
            grant.role == role and (grant.unit_id is None or grant.unit_id in place)
            for grant in self.grants
        )

    def units_as(self, role: str) -> frozenset[int] | None:
        """The units over which `role` is held; None means the whole house, empty means none."""
        held = {grant.unit_id for grant in self.grants if grant.role == role}
        return None if None in held else frozenset(unit for unit in held if unit is not None)


class Nobody(AnonymousUserMixin):
    """A request without a valid session: opens the doors marked `everyone` and no others."""

    id = 0
    name = ""
    locale = None
    theme = "auto"
    place: tuple[int, ...] = ()
    grants: frozenset[Grant] = frozenset()
    must_change_password = False
    scopes = None

    def has(self, _role: str) -> bool:
        return False


Who = Callable[[Viewer], bool]
me = cast(Viewer, current_user)
login_manager = LoginManager()
login_manager.anonymous_user = Nobody
login_manager.session_protection = None  # the session row is the protection


def everyone(_viewer: Viewer) -> bool:
    """Open without signing in."""
    return True


def signed_in(viewer: Viewer) -> bool:
    """Open to all who have an account."""
    return viewer.is_authenticated


@dataclass(frozen=True, slots=True)
class Door:
    """One endpoint's policy: its opener, the scope an API token needs, whether it needs a key."""

    who: Who
    scope: str | None = None
    keyed: bool = False
    while_changing_password: bool = False

    @property
    def name(self) -> str:
        module = self.who.__module__.removeprefix("portal.").removesuffix(".policy")
        prefix = "" if module == "base.access" else f"{module}."
        return prefix + self.who.__name__


def doors(app: App) -> dict[str, Door]:
    """The doors of the house by endpoint."""
    return cast("dict[str, Door]", app.extensions.setdefault("sunhome_doors", {}))


class Pages(Blueprint):
    """A room's pages. A route without `who=` does not start."""

    def add_url_rule(
        self, rule: str, endpoint: str | None = None, *args: Any, **options: Any
    ) -> None:
        who: Who | None = options.pop("who", None)
        while_changing = options.pop("while_changing_password", False)
        if who is None:
            raise RuntimeError(f"{self.name}: {rule} names nobody who may open it")
        super().add_url_rule(rule, endpoint, *args, **options)
        view = args[0] if args else options.get("view_func")
        name = f"{self.name}.{endpoint or cast(Any, view).__name__}"
        door = Door(who, while_changing_password=while_changing)
        self.record(lambda state: doors(state.app).__setitem__(name, door))


def refuse_unguarded(app: App) -> None:
    """Raises RuntimeError when an endpoint has no door: such a portal does not start."""
    open_ones = {rule.endpoint for rule in app.url_map.iter_rules()} - set(doors(app))
    if open_ones:
        raise RuntimeError(f"endpoints without a policy: {', '.join(sorted(open_ones))}")


def check_door() -> None:
    """Raises Unauthorized or Forbidden where the door of this request stays shut."""
    door = doors(current_app)[request.endpoint or ""]
    if door.who is everyone:
        return
    viewer: Viewer = me._get_current_object()  # type: ignore[attr-defined]
    if not viewer.is_authenticated:
        raise Unauthorized()
    if viewer.scopes is not None and (door.scope is None or door.scope not in viewer.scopes):
        raise Forbidden()
    if viewer.must_change_password and not door.while_changing_password:
        raise PasswordFirst()
    if not door.who(viewer):
        raise Forbidden()


class PasswordFirst(Forbidden):
    """The first password must be changed before anything else."""


def _unseen() -> NoReturn:
    abort(404)


def load(
    model: type[Row],
    record_id: int,
    *,
    see: Callable[[Viewer, Row], bool],
    may: Callable[[Viewer, Row], bool] | None = None,
) -> Row:
    """The record for this viewer: 404 when not theirs to see (or missing), 403 when not to do."""
    if not 0 < record_id <= LARGEST_ID:
        _unseen()
    found = session().get(model, record_id)
    if found is None or not see(me, found):
        _unseen()
    if may is not None and not may(me, found):
        abort(403)
    return found
