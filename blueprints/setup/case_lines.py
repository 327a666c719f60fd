"""The live sentences of the steps `incoming` and `outgoing`: a story beside the form, and a short
line at the foot of each card."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask import url_for
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from blueprints.setup.case_words import WHO, heir_words, made_words
from blueprints.setup.lines import Line, fill, strong
from models import Integration
from rules.cases import OUTCOMES, Case, Who, case_of
from rules.choices import Choices
from rules.settings import Settings
from rules.vocabulary import Contact, Direction, Entity

IN, OUT = Direction.INBOUND, Direction.OUTBOUND
FIRST, REPEAT = Contact.FIRST, Contact.REPEAT
Words = dict[tuple[Direction, Contact], LazyString]

# Reached, and something is made.
MAKES: Words = {
    (IN, FIRST): _l("A new number calls → we create %(what)s; responsible: %(who)s."),
    (IN, REPEAT): _l("A known client calls → we create %(what)s; responsible: %(who)s."),
    (OUT, FIRST): _l("An employee calls a new number → we create %(what)s; responsible: %(who)s."),
    (OUT, REPEAT): _l(
        "An employee calls a known client → we create %(what)s; responsible: %(who)s."
    ),
}
MAKES_NOTHING: Words = {
    (IN, FIRST): _l("A new number calls → %(nothing)s, the call stays in the history."),
    (IN, REPEAT): _l("A known client calls → %(nothing)s, the call stays in the history."),
    (OUT, FIRST): _l(
        "An employee calls a new number → %(nothing)s, the call stays in the history."
    ),
    (OUT, REPEAT): _l(
        "An employee calls a known client → %(nothing)s, the call stays in the history."
    ),
}
# Not reached, and it belongs to somebody else then.
ELSE_WHO = {
    IN: _l("If nobody answered: %(who)s."),
    OUT: _l("If the client was not reached: %(who)s."),
}
FOOT_MADE = {
    (IN, True): _l("Answered: we create %(what)s; responsible: %(who)s."),
    (IN, False): _l("Not answered: we create %(what)s; responsible: %(who)s."),
    (OUT, True): _l("Reached: we create %(what)s; responsible: %(who)s."),
    (OUT, False): _l("Not reached: we create %(what)s; responsible: %(who)s."),
}
FOOT_EITHER = {
    IN: _l("Answered or not: we create %(what)s; responsible: %(who)s."),
    OUT: _l("Reached or not: we create %(what)s; responsible: %(who)s."),
}
FOOT_NOTHING = _l("Answered or not: %(nothing)s, the call stays in the history.")
FOOT_GAP = {
    (IN, True): _l("Answered: %(what)s would belong to nobody."),
    (IN, False): _l("Not answered: %(what)s would belong to nobody."),
    (OUT, True): _l("Reached: %(what)s would belong to nobody."),
    (OUT, False): _l("Not reached: %(what)s would belong to nobody."),
}
SIDES = {IN: "incoming", OUT: "outgoing"}


@dataclass(frozen=True)
class Teller:
    """Tells the cases of one direction."""

    integration: Integration
    settings: Settings
    choices: Choices
    direction: Direction

    def lines(self) -> Iterator[Line]:
        """The story of both contacts, what is missing, and the feet of both cards."""
        for contact in Contact:
            yield Line(self._story(contact))
        yield from self._deals()
        if any(case.is_gap for case in self._cases()):
            yield self._gap()
        for contact in Contact:
            yield from self._foot(contact)

    def _case(self, contact: Contact, *, reached: bool) -> Case:
        outcome = OUTCOMES[self.direction][0 if reached else 1]
        absent = frozenset(user.id for user in self.choices.users if not user.is_usable)
        return case_of(self.settings, self.direction, contact, outcome, absent)

    def _cases(self) -> list[Case]:
        return [self._case(contact, reached=each) for contact in Contact for each in (True, False)]

    def _story(self, contact: Contact) -> Markup:
        key = self.direction, contact
        reached, missed = (self._case(contact, reached=each) for each in (True, False))
        if reached.owner is None:
            return fill(MAKES_NOTHING[key], nothing=strong(_("nothing is created")))
        sentences = [
            fill(MAKES[key], what=made_words(reached.creates), who=self._who(reached)),
        ]
        if missed.owner and missed.owner.who not in (reached.owner.who, Who.NOBODY):
            sentences.append(fill(ELSE_WHO[self.direction], who=self._who(missed)))
        if reached.owner.who is Who.CLIENT_CARD and reached.owner.backup is Who.RESPONSIBLE:
            backup = self.settings.responsible_for(self.direction)
            name = strong(self.choices.user_name(backup))
            sentences.append(fill(_l("If the card names nobody: %(who)s."), who=name))
        return Markup(" ").join(sentences)

    def _who(self, case: Case) -> Markup:
        return heir_words(case.owner, self.choices) if case.owner else strong(WHO[Who.NOBODY])

    def _deals(self) -> Iterator[Line]:
        """Where new deals go; without that they cannot be made."""
        if not any(Entity.DEAL in case.creates for case in self._cases()):
            return
        chosen = self.settings.funnels
        pipeline = self.choices.find_pipeline(chosen.pipeline_id)
        stage = self.choices.find_stage(chosen.pipeline_id, chosen.stage_id)
        if pipeline is None or stage is None:
            yield Line(
                _("Deals cannot be made yet: choose the funnel and the stage."),
                "warn",
                _("Choose"),
                self._address("funnels", "funnels-pipeline_id"),
            )
            return
        words = {"stage": strong(stage.name), "funnel": strong(pipeline.name)}
        yield Line(fill(_l("New deals go to the funnel %(funnel)s, stage %(stage)s."), **words))

    def _gap(self) -> Line:
        text = (
            _("Missed calls would be nobody's: name a responsible.")
            if self.direction is IN
            else _("Calls of these kinds would be nobody's: name a responsible.")
        )
        return Line(text, "warn", _("Choose"), self._responsible())

    def _foot(self, contact: Contact) -> Iterator[Line]:
        place = f"{SIDES[self.direction]}.{contact}"
        cases = [self._case(contact, reached=each) for each in (True, False)]
        if not any(case.creates for case in cases):
            nothing = fill(FOOT_NOTHING, nothing=strong(_("nothing is created")))
            yield Line(nothing, place=place)
            return
        reached, missed = cases
        if reached.owner == missed.owner and not reached.is_gap:
            what, who = made_words(reached.creates), self._who(reached)
            yield Line(fill(FOOT_EITHER[self.direction], what=what, who=who), place=place)
            return
        for case in cases:
            key, what = (self.direction, case.is_reached), made_words(case.creates)
            if case.owner and case.owner.is_gap:
                text = fill(FOOT_GAP[key], what=what)
                yield Line(text, "warn", _("Name a responsible"), self._responsible(), place)
            else:
                text = fill(FOOT_MADE[key], what=what, who=self._who(case))
                yield Line(text, place=place)

    def _responsible(self) -> str:
        """Where the page asks for him: in the first card, or in the second while that is folded."""
        side = SIDES[self.direction]
        is_unfolded = self.settings.side(self.direction).first.create_client
        return f"#responsible-{side}_user_id" if is_unfolded else f"#responsible-{side}-again"

    def _address(self, slug: str, anchor: str) -> str:
        return url_for("setup.step", id=self.integration.id, slug=slug) + f"#{anchor}"
