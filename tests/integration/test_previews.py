"""The preview on a real call is what that call has sent; fields are asked for at the real CRM."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from models import Integration, SettingsVersion
from rules.previewing import preview
from rules.settings import load
from rules.standard_templates import ENTITY_FIELDS
from rules.vocabulary import Entity
from services.drafts import Draft, published_document, read_draft
from services.find_field import FieldAnswer, find_field
from services.previews import read_example, recent_calls
from services.template_dates import template_dates
from tests.notifications import KNOWN, answered_call, dialled_call, lost_call, record

OWN = {
    "client": {"name": "Client {{contact_phone_number}} of {{client_name}}"},
    "lead": {
        "title": "{{client_name}} {{call_date}} {{responsible_name}}",
        "comment": "{{direction}}",
    },
    "deal": {"title": "{{virtual_phone_number|phone}} {{call_status}} {{tags}}"},
    "task": {"text": "{{contact_phone_number|phone}} {{call_time}} {{wait_duration|duration}}"},
}
RULES = {
    "incoming": {"first": {"create": "lead_and_deal"}, "repeat": {"create": "lead"}},
    "tasks": {"lost_incoming": {"assign": "from_settings"}},
}
SENT = {"client": "clients", "lead": "leads", "deal": "deals", "task": "tasks"}


def example_of(server, session, call_id):
    integration = session.get_one(Integration, server.id)
    ports = server.ports
    return read_example(
        session,
        integration,
        call_id,
        public_base_url=ports.public_base_url,
        secret_key=ports.secret_key,
    )


@pytest.mark.parametrize("templates", [OWN, {}], ids=["own", "standard"])
@pytest.mark.parametrize(
    ("call", "made"),
    [
        (answered_call(), ("client", "lead", "deal")),
        (lost_call(), ("client", "lead", "deal", "task")),
        (answered_call(contact_phone_number=KNOWN), ("lead",)),
    ],
    ids=["answered", "lost", "repeat"],
)
def test_preview_of_a_real_call_is_what_it_sent(any_server, templates, call, made):
    any_server.use(settings=RULES | {"templates": templates})
    any_server.notify(*call)
    any_server.drain()

    with Session(any_server.engine) as session:
        example = example_of(any_server, session, "1")
    settings = load({"templates": templates})

    for entity in map(Entity, made):
        (sent,) = any_server.written(SENT[entity])
        for field in ENTITY_FIELDS[entity]:
            own = settings.templates.text_of(entity, field)
            shown = preview(entity, field, own, example.values(entity), example.regional)
            assert shown.text == (sent[field] or ""), (entity, field)


def test_recording_link_of_the_preview_is_the_one_that_the_crm_got(server):
    server.notify(*answered_call(), record())
    server.drain()

    with Session(server.engine) as session:
        values = example_of(server, session, "1").values(Entity.LEAD)

    (call,) = server.written("calls")
    assert values["recording_url"] == call["recordings"][0]["url"]


def test_last_calls_come_newest_first_without_other_integrations(any_server):
    any_server.notify(*answered_call("1"), *dialled_call("2"))
    any_server.drain()

    with Session(any_server.engine) as session:
        found = [call.call_session_id for call in recent_calls(session, any_server.id)]
        strange = recent_calls(session, any_server.id + 1)

    assert sorted(found) == ["1", "2"] and strange == []


def test_templates_are_dated_by_the_version_that_brought_them(any_server):
    first = any_server.publish(templates={"lead": {"title": "A"}})
    any_server.publish(templates={"lead": {"title": "A"}, "deal": {"title": "B"}})
    with Session(any_server.engine) as session:
        integration = session.get_one(Integration, any_server.id)
        query = session.query(SettingsVersion).filter_by(integration_id=any_server.id)
        published = {row.number: row.published_at for row in query}
        draft = read_draft(session, integration)

        dates = template_dates(session, integration, draft)

        assert (dates[Entity.LEAD], dates[Entity.DEAL]) == (published[first], published[first + 1])
        assert dates[Entity.CLIENT] is None
        changed = published_document(session, integration)
        changed = changed | {"templates": changed["templates"] | {"client": {"name": "C"}}}
        edited = Draft(changed, True, "A", published[first])
        assert template_dates(session, integration, edited)[Entity.CLIENT] == published[first]


@pytest.mark.parametrize(
    ("key", "answer"), [("utm_source", FieldAnswer.FOUND), ("nothing", FieldAnswer.MISSING)]
)
def test_field_is_looked_for_at_the_crm(server, key, answer):
    with Session(server.engine) as session:
        integration = session.get_one(Integration, server.id)

        assert find_field(session, integration, server.ports, Entity.LEAD, key) is answer
        assert not session.in_transaction()


def test_silent_crm_is_told_apart_from_a_missing_field(server):
    server.fault("reset_before")

    with Session(server.engine) as session:
        integration = session.get_one(Integration, server.id)
        answer = find_field(session, integration, server.ports, Entity.LEAD, "utm_source")

    assert answer is FieldAnswer.NO_ANSWER
