"""Versions: the history in words, the way back, export and import."""

from __future__ import annotations

import io
import json

import pytest

from models import Integration, SettingsVersion, db
from rules.settings import DEFAULTS
from tests.pages import HTMX, NOON, csrf_token
from tests.setup_pages import draft, seen

GOOD = {"tasks": {"lost_incoming": {"due_minutes": 20}}}


@pytest.fixture
def versions(app, office) -> str:
    """Two more versions after the office's third."""
    with app.app_context():
        for number, minutes in ((4, 20), (5, 30)):
            document = {"tasks": {"lost_incoming": {"due_minutes": minutes}}}
            db.session.add(
                SettingsVersion(
                    integration_id=office.id,
                    number=number,
                    document=document,
                    author="Anna <b>",
                    published_at=NOON,
                )
            )
        db.session.get_one(Integration, office.id).published_version = 5
        db.session.commit()
    return f"/integrations/{office.id}/versions"


def put_draft(app, office, document):
    with app.app_context():
        row = db.session.get_one(Integration, office.id)
        row.draft, row.draft_author, row.draft_saved_at = document, "Ivan", NOON
        db.session.commit()


def post(client, page, path, **data):
    data = {"csrf_token": csrf_token(client, page), "seen": seen(client, page), **data}
    headers = data.pop("headers", {})
    return client.post(path, data=data, headers=headers)


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_history_has_author_time_and_difference(admin, versions, headers):
    page = admin.get(versions, headers=headers).text

    assert ("<html" in page) is (not headers)
    assert page.index("Version 5") < page.index("Version 4") < page.index("Version 3")
    assert "Anna &lt;b&gt;" in page and "5 Mar 2026, 12:00" in page
    assert "1 difference to version 4" in page and "<b>30 min</b>" in page
    assert page.count("calls run by it") == 1


def test_long_histories_come_in_pages(app, admin, office, versions):
    with app.app_context():
        db.session.add_all(
            SettingsVersion(integration_id=office.id, number=number, document={}, published_at=NOON)
            for number in range(6, 40)
        )
        db.session.commit()

    first, second = admin.get(versions).text, admin.get(f"{versions}?page=2").text

    assert "37 versions" in first and "Version 39" in first and "Version 14<" not in first
    assert "Version 14<" in second and 'rel="prev"' in second


def test_empty_history_says_what_will_be_there(app, admin, office):
    with app.app_context():
        db.session.execute(SettingsVersion.__table__.delete())
        db.session.get_one(Integration, office.id).published_version = None
        db.session.commit()

    assert "Nothing has been applied yet" in admin.get(f"/integrations/{office.id}/versions").text


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_one_version_in_words_and_as_document(admin, versions, headers):
    page = admin.get(f"{versions}/4", headers=headers).text

    assert "What it changed" in page and "<b>20 min</b>" in page
    assert page.count('class="card section-card"') == 6
    assert "&#34;due_minutes&#34;: 20" in page


@pytest.mark.parametrize("number", ["9", "0", "x"])
def test_unknown_versions_are_not_found(admin, versions, number):
    assert admin.get(f"{versions}/{number}").status_code == 404
    token = csrf_token(admin, versions)
    answer = admin.post(f"{versions}/{number}/restore", data={"csrf_token": token})
    assert answer.status_code == 404


# The way back


def test_older_version_becomes_the_draft_and_is_not_applied(app, admin, office, versions):
    answer = post(admin, versions, f"{versions}/4/restore")

    assert answer.status_code == 303 and answer.location.endswith("/setup/review")
    assert draft(app, office)["tasks"]["lost_incoming"]["due_minutes"] == 20
    with app.app_context():
        assert db.session.get_one(Integration, office.id).published_version == 5
    assert "Version 4 is the draft now." in admin.get(answer.location).text


def test_a_draft_is_not_lost_without_asking(app, admin, office, versions):
    put_draft(app, office, {"tasks": {"failed_outgoing": {"due_minutes": 99}}})

    refused = post(admin, versions, f"{versions}/4/restore")
    asked = admin.get(f"{versions}/4/restore").text

    assert refused.status_code == 422
    assert draft(app, office)["tasks"]["failed_outgoing"]["due_minutes"] == 99
    assert "2 changes of the draft are lost" in asked and "<b>99 min</b>" in asked
    assert "Last saved by Ivan" in asked


def test_after_the_question_the_draft_is_replaced(app, admin, office, versions):
    put_draft(app, office, {"tasks": {"failed_outgoing": {"due_minutes": 99}}})
    page = f"{versions}/4/restore"

    answer = post(admin, page, page, confirm="1")

    assert answer.status_code == 303
    assert draft(app, office)["tasks"]["failed_outgoing"]["due_minutes"] == 15


def test_a_draft_that_changed_since_the_question_is_kept(app, admin, office, versions):
    put_draft(app, office, {"tasks": {"failed_outgoing": {"due_minutes": 99}}})
    page = f"{versions}/4/restore"

    answer = post(admin, page, page, confirm="1", seen="0000")

    assert answer.status_code == 409 and "The draft has changed meanwhile" in answer.text
    assert draft(app, office)["tasks"]["failed_outgoing"]["due_minutes"] == 99


def test_returning_to_what_counts_leaves_no_draft(app, admin, office, versions):
    put_draft(app, office, {"tasks": {"failed_outgoing": {"due_minutes": 99}}})
    page = f"{versions}/5/restore"

    post(admin, page, page, confirm="1")

    assert draft(app, office) is None


# Export and import


def test_export_is_a_whole_document_as_a_file(admin, versions):
    answer = admin.get(versions.replace("versions", "export"))

    assert answer.headers["Content-Disposition"] == 'attachment; filename="settings-1-v5.json"'
    document = json.loads(answer.text)
    assert list(document) == list(DEFAULTS)
    assert document["tasks"]["lost_incoming"]["due_minutes"] == 30


def test_draft_can_be_exported(app, admin, office, versions):
    put_draft(app, office, GOOD)

    answer = admin.get(versions.replace("versions", "export?which=draft"))

    assert json.loads(answer.text)["tasks"]["lost_incoming"]["due_minutes"] == 20


def test_unknown_export_is_not_found(admin, versions):
    assert admin.get(versions.replace("versions", "export?which=keys")).status_code == 404


def test_what_was_exported_can_be_imported(app, admin, office, versions):
    content = json.dumps({**DEFAULTS, **GOOD})

    answer = post(admin, versions, versions.replace("versions", "import"), document=content)

    assert answer.status_code == 303 and answer.location.endswith("/setup/review")
    assert draft(app, office)["tasks"]["lost_incoming"]["due_minutes"] == 20
    assert "The document is the draft now." in admin.get(answer.location).text


def test_file_is_taken_before_what_was_pasted(app, admin, office, versions):
    file = io.BytesIO(json.dumps(GOOD).encode()), "settings.json"

    post(admin, versions, versions.replace("versions", "import"), document="{", file=file)

    assert draft(app, office)["tasks"]["lost_incoming"]["due_minutes"] == 20


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_broken_document_is_told_all_at_once_and_changes_nothing(
    app, admin, office, versions, headers
):
    put_draft(app, office, GOOD)
    broken = {
        "surprise": "<script>",
        "incoming": {"first": {"create": "house"}},
        "fields": [{"entity": "lead", "target": "a", "value": "{{nope}}"}],
    }

    answer = post(
        admin,
        versions,
        versions.replace("versions", "import"),
        document=json.dumps(broken),
        headers=headers,
    )

    assert answer.status_code == 422
    assert "Nothing has changed. 3 things are wrong in it:" in answer.text
    assert "Incoming: first contacts" in answer.text
    assert "<code>incoming.first.create</code>" in answer.text
    assert "Unknown setting “surprise”" in answer.text
    assert "Additional field 1: communication parameter" in answer.text
    assert "&lt;script&gt;" in answer.text and '<script>"' not in answer.text
    assert draft(app, office) == GOOD


@pytest.mark.parametrize("content", ["", "{", "[]", "x" * 400_001])
def test_what_is_no_document_is_refused(app, admin, office, versions, content):
    answer = post(admin, versions, versions.replace("versions", "import"), document=content)

    assert answer.status_code == 422
    assert "The document was not taken over" in answer.text
    assert draft(app, office) is None


def test_import_asks_before_a_draft_is_lost(app, admin, office, versions):
    put_draft(app, office, {"tasks": {"failed_outgoing": {"due_minutes": 99}}})
    address = versions.replace("versions", "import")

    asked = post(admin, versions, address, document=json.dumps(GOOD))
    assert asked.status_code == 200 and "Replace the draft by the document?" in asked.text
    assert draft(app, office)["tasks"]["failed_outgoing"]["due_minutes"] == 99

    done = post(admin, versions, address, document=json.dumps(GOOD), confirm="1")
    assert done.status_code == 303
    assert draft(app, office)["tasks"]["lost_incoming"]["due_minutes"] == 20


def test_missing_references_are_no_obstacle_for_a_draft(app, admin, office, versions):
    document = {"responsible": {"incoming_user_id": "u_gone"}}

    answer = post(
        admin, versions, versions.replace("versions", "import"), document=json.dumps(document)
    )

    assert answer.status_code == 303
    assert "Behomes no longer has this" in admin.get(answer.location).text


def test_strangers_and_employees_get_nothing(admin, employee, office, versions):
    strange = f"/integrations/{office.strange_id}"
    token = csrf_token(admin, versions)

    assert admin.get(f"{strange}/versions").status_code == 404
    assert admin.get(f"{strange}/export").status_code == 404
    assert admin.post(f"{strange}/import", data={"csrf_token": token}).status_code == 404
    assert employee.get(versions).status_code == 403
    assert employee.get(versions.replace("versions", "export")).status_code == 403
