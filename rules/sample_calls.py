"""Three invented calls on which an admin sees what his templates make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rules.bodies import texts
from rules.creates import Naming, values_of
from rules.crm import Client
from rules.facts import CallFacts, Surroundings
from rules.formats import Regional, Value
from rules.owner import People
from rules.settings import Settings
from rules.trial import TrialCall, example_parameters, points_of
from rules.variables import VARIABLES, Group, Known
from rules.vocabulary import Contact, Direction, Entity

PHONE, LINE = VARIABLES["contact_phone_number"].sample, VARIABLES["virtual_phone_number"].sample
NAME, AGENT = VARIABLES["client_name"].sample, VARIABLES["employee_full_name"].sample
AGENT_ID, USER_ID, CLIENT_ID = "101", "u_1", "c_1"
STARTED = datetime(2026, 3, 1, 14, 40, 24)
# What the PBX tells of its own scenarios; the trial calls know nothing of them.
TOLD = ("scenario_name", "call_source", "communication_number")


class Sample(StrEnum):
    """A new client who was answered, one who was not, and a call to a client who did answer."""

    NEW = "new"
    LOST = "lost"
    OUTGOING = "outgoing"


@dataclass(frozen=True)
class Example:
    """A call to render with: invented or a real one. `client` is whom the CRM has; of a `first`
    contact he is only known to what is made after him."""

    facts: CallFacts
    client: Client | None
    naming: Naming
    regional: Regional
    owner: str | None = None
    contact: Contact | None = None

    def values(self, entity: Entity) -> dict[str, Value]:
        """The template values that a create of this entity is rendered with, when all is told."""
        is_before = entity is Entity.CLIENT and self.contact is Contact.FIRST
        client = None if is_before else self.client
        return values_of(self.facts, client, self.naming, self.regional, owner=self.owner)


def sample_call(sample: Sample, regional: Regional) -> Example:
    """The invented call; the same one every time."""
    facts = points_of(_trial(sample, regional), Surroundings(regional.zone, regional.country))[-1]
    naming = Naming(
        people=People({AGENT_ID: USER_ID}, names={USER_ID: AGENT}),
        number_names={LINE: VARIABLES["virtual_number_name"].sample},
        call_url=VARIABLES["call_url"].sample,
        recording_url=VARIABLES["recording_url"].sample if facts.recordings else None,
    )
    if sample is Sample.OUTGOING:
        client = Client(CLIENT_ID, NAME, responsible_user_id=USER_ID)
        return Example(facts, client, naming, regional, USER_ID, Contact.REPEAT)
    made = Client(CLIENT_ID, _name_of_new(facts, naming, regional), responsible_user_id=USER_ID)
    return Example(facts, made, naming, regional, USER_ID, Contact.FIRST)


def full_values(regional: Regional) -> dict[str, Value]:
    """An example for every variable there is, typed as a call's values are where a call has it."""
    samples: dict[str, Value] = {name: each.sample for name, each in VARIABLES.items()}
    return samples | sample_call(Sample.NEW, regional).values(Entity.LEAD)


def _trial(sample: Sample, regional: Regional) -> TrialCall:
    told = {name: VARIABLES[name].sample for name in TOLD}
    source = {
        name: value
        for name, value in example_parameters().items()
        if VARIABLES[name].known is Known.REPORT and VARIABLES[name].group is Group.SOURCE
    }
    is_outgoing, is_answered = sample is Sample.OUTGOING, sample is not Sample.LOST
    parameters: Mapping[str, str] = told if is_outgoing else told | source
    if is_answered and not is_outgoing:
        parameters = {**parameters, "first_answered_employee": AGENT}
    return TrialCall(
        Direction.OUTBOUND if is_outgoing else Direction.INBOUND,
        STARTED.replace(tzinfo=regional.zone),
        PHONE,
        is_answered=is_answered,
        answered_by=None if is_outgoing else AGENT_ID,
        caller=AGENT_ID if is_outgoing else None,
        virtual_number=LINE,
        names={AGENT_ID: AGENT},
        parameters=parameters,
    )


def _name_of_new(facts: CallFacts, naming: Naming, regional: Regional) -> str | None:
    """What a new client is called as long as nobody writes a template of his own."""
    values = values_of(facts, None, naming, regional, owner=USER_ID)
    return texts(Entity.CLIENT, Settings(), values, regional)["name"]
