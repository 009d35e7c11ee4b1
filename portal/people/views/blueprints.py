"""The blueprints of this room; the modules beside this one hang their pages on them."""

from __future__ import annotations

from portal.base.access import Pages

pages = Pages("people", "portal.people", url_prefix="/people", cli_group="people")
tokens = Pages("tokens", "portal.people", url_prefix="/people/tokens", cli_group="tokens")
