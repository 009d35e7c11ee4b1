"""Every write about people, as verbs. One family of verbs a file."""

from portal.people.rules.keys import (
    change_password,
    check_password,
    end_session,
    end_sessions,
    make_token,
    open_session,
    revoke_token,
    set_first_password,
    set_language,
    set_theme,
    sign_in,
    touch_session,
)
from portal.people.rules.passwords import (
    MOST_AT_ONCE,
    first_passwords,
    new_password,
    reset_password,
)
from portal.people.rules.roles import end_grant, give_role
from portal.people.rules.service import (
    found_unit,
    let_go,
    move_person,
    shift_unit,
    take_back,
    take_on,
)
from portal.people.rules.staff import (
    add_person,
    assign,
    close_account,
    create_first_administrator,
    hire,
    leave,
)
from portal.people.rules.units import add_unit, move_unit

__all__ = [
    "MOST_AT_ONCE",
    "add_person",
    "add_unit",
    "assign",
    "change_password",
    "check_password",
    "close_account",
    "create_first_administrator",
    "end_grant",
    "end_session",
    "end_sessions",
    "first_passwords",
    "found_unit",
    "give_role",
    "hire",
    "leave",
    "let_go",
    "make_token",
    "move_person",
    "move_unit",
    "new_password",
    "open_session",
    "reset_password",
    "revoke_token",
    "set_first_password",
    "set_language",
    "set_theme",
    "shift_unit",
    "sign_in",
    "take_back",
    "take_on",
    "touch_session",
]
