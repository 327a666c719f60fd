"""Additional fields of the CRM, rows of the draft, and the form as a browser sends it."""

from __future__ import annotations

import re

import pytest

from models import CrmList, Integration, db
from tests.pages import NOON

FIELDS = (
    ("source", "Call source", "string", ()),
    ("talk", "Talk duration", "number", ()),
    ("purpose", "Purpose", "enum", ("Investment", "Own use")),
    ("evil", "<b>{{utm_source}}\u202e</b>", "text", ()),
)
STORED = [
    {"id": "f1", "entity": "lead", "target": "source", "value": "{{utm_source}}"},
    {"id": "f2", "entity": "deal", "target": "talk", "value": "{{talk_duration}}"},
    {"id": "f3", "entity": "lead", "target": "gone", "value": "Call {{call_date}}"},
]


@pytest.fixture
def fields(app, office) -> str:
    with app.app_context():
        for entity in ("client", "lead", "deal"):
            rows = [
                {
                    "key": key,
                    "title": title,
                    "entity": entity,
                    "type": kind,
                    "required": False,
                    "options": [{"id": name, "title": name} for name in options],
                }
                for key, title, kind, options in FIELDS
            ]
            db.session.add(
                CrmList(
                    integration_id=office.id, kind=f"fields:{entity}", rows=rows, fetched_at=NOON
                )
            )
        db.session.get_one(Integration, office.id).crm_read_at = NOON
        db.session.commit()
    return f"/integrations/{office.id}/setup/fields"


@pytest.fixture
def stored(app, office, fields) -> str:
    with app.app_context():
        db.session.get_one(Integration, office.id).draft = {"fields": STORED}
        db.session.commit()
    return fields


def typed(*rows, **more) -> dict:
    """A form; rows are (id, source, target) with an own text, True for overwrite, after that."""
    data: dict = {"row": [row[0] for row in rows], **more}
    for name, source, target, *rest in rows:
        data |= {f"{name}-source": source, f"{name}-target": target}
        data |= {f"{name}-text": each for each in rest if isinstance(each, str)}
        data |= {f"{name}-overwrite": "1" for each in rest if each is True}
    return data


def draft(app, office) -> list | None:
    with app.app_context():
        document = db.session.get_one(Integration, office.id).draft
    return document and [
        (row["entity"], row["target"], row["value"], row.get("overwrite", False))
        for row in document["fields"]
    ]


def row_ids(page: str) -> list[str]:
    return re.findall(r'name="row" value="([^"]+)"', page)
