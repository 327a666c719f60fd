"""What is written where the admin made no template of his own: one text per field and language."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from rules.formats import Value
from rules.templates import Template, parse
from rules.vocabulary import Entity

ENTITY_FIELDS: Mapping[Entity, tuple[str, ...]] = MappingProxyType(
    {
        Entity.CLIENT: ("name", "comment"),
        Entity.LEAD: ("title", "comment"),
        Entity.DEAL: ("title", "comment"),
        Entity.TASK: ("text",),
    }
)

_TITLE_RU = "Звонок с {{contact_phone_number|phone}} на {{virtual_phone_number|phone}}"
_TITLE_EN = "Call from {{contact_phone_number|phone}} to {{virtual_phone_number|phone}}"

STANDARD: Mapping[str, Mapping[Entity, Mapping[str, str]]] = MappingProxyType(
    {
        "ru": {
            Entity.CLIENT: {"name": "Звонок {{contact_phone_number|phone}}", "comment": ""},
            Entity.LEAD: {"title": _TITLE_RU, "comment": ""},
            Entity.DEAL: {"title": _TITLE_RU, "comment": ""},
            Entity.TASK: {
                "text": "Перезвонить {{contact_phone_number|phone}}: "
                "пропущенный звонок {{call_time}}"
            },
        },
        "en": {
            Entity.CLIENT: {"name": "Call {{contact_phone_number|phone}}", "comment": ""},
            Entity.LEAD: {"title": _TITLE_EN, "comment": ""},
            Entity.DEAL: {"title": _TITLE_EN, "comment": ""},
            Entity.TASK: {
                "text": "Call back {{contact_phone_number|phone}}: missed call {{call_time}}"
            },
        },
    }
)
_NAME_IN_ADDRESS_BOOK = "{{contact_full_name|trim}}"


def standard_template(
    entity: Entity, field: str, *, locale: str, values: Mapping[str, Value]
) -> Template:
    """The standard template of a field; a client that the PBX knows by name gets that name."""
    if (entity, field) == (Entity.CLIENT, "name") and values.get("contact_full_name"):
        return parse(_NAME_IN_ADDRESS_BOOK)
    return parse(STANDARD.get(locale, STANDARD["ru"])[entity][field])
