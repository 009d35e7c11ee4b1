"""The verbs of notify."""

from portal.notify.rules.delivering import (
    Parcel,
    give_up,
    put_back,
    put_off,
    revive,
    revive_all,
    sent,
    take,
)
from portal.notify.rules.telling import choose_mail, read, read_all, tell, tell_many

__all__ = [
    "Parcel",
    "choose_mail",
    "give_up",
    "put_back",
    "put_off",
    "read",
    "read_all",
    "revive",
    "revive_all",
    "sent",
    "take",
    "tell",
    "tell_many",
]
