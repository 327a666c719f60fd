"""The cases of a call (`rules/cases.py`) in the reader's words: what is made, and for whom."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from blueprints.setup.lines import strong
from rules.cases import Heir, Who
from rules.choices import Choices
from rules.vocabulary import Entity

# In the case that "we create" asks for.
MADE: Mapping[tuple[Entity, ...], LazyString] = {
    (Entity.CLIENT,): _l("a client"),
    (Entity.CLIENT, Entity.LEAD): _l("a client and a lead"),
    (Entity.CLIENT, Entity.DEAL): _l("a client and a deal"),
    (Entity.CLIENT, Entity.LEAD, Entity.DEAL): _l("a client, a lead and a deal"),
    (Entity.LEAD,): _l("a lead"),
    (Entity.DEAL,): _l("a deal"),
    (Entity.LEAD, Entity.DEAL): _l("a lead and a deal"),
}
WHO: Mapping[Who, LazyString] = {
    Who.ANSWERED_BY: _l("whoever answered the call"),
    Who.FINISHED_BY: _l("whoever finished the call"),
    Who.CALLER: _l("whoever made the call"),
    Who.CLIENT_CARD: _l("the responsible of the client's card"),
    Who.NOBODY: _l("nobody"),
}


def made_words(creates: tuple[Entity, ...]) -> Markup:
    return strong(MADE[creates])


def heir_words(heir: Heir, choices: Choices) -> Markup:
    """Who becomes responsible, so that it can follow "responsible: "."""
    if heir.who is Who.RESPONSIBLE:
        return named_words(choices, heir.user_id)
    return strong(WHO[heir.who])


def named_words(choices: Choices, user_id: str | None) -> Markup:
    """Somebody who is named in the settings."""
    return strong(_("%(name)s (from the settings)", name=choices.user_name(user_id)))
