"""Documents name what exists: files, commands, variables; and keep their shape."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click
import pytest
from babel.messages.pofile import read_po
from flask import Flask

from clients.notification_members import EVERY_NAME
from clients.notifications import read
from rules.settings_checks import problems
from runtime import commands
from runtime.__main__ import PARTS
from runtime.config import ROOT, read_env_file
from runtime.version import version
from services.integration_file import read_connection, read_file

DOCUMENTS = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
DECISIONS = sorted((ROOT / "docs/decisions").glob("*.md"))
SET_UP = ROOT / "docs/callgear-setup.md"
GUIDES = {locale: ROOT / f"docs/admin-guide.{locale}.md" for locale in ("ru", "en")}
EIGHT = (
    "incoming_call",
    "waiting_answer",
    "talk_started",
    "talk_finished",
    "call_finished",
    "lost_call",
    "outgoing_call",
    "record_ready",
)

CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)[^)]*\)")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PATH = re.compile(r"^(\./)?([A-Za-z_.][\w.-]*/)+([\w.-]+\.\w+)?$|^[\w-]+\.(py|sh|md|ini|toml|in)$")
FLASK = re.compile(r"flask --app app ([a-z][a-z -]*[a-z])")
MAKE = re.compile(r"(?:^|`)make ([a-z-]+)", re.MULTILINE)
RUNTIME = re.compile(r"python -m runtime ([a-z]+)")
PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)]+)\)")
# What stands on the screen to the letter, in a guide.
LABEL = {"ru": re.compile(r"\*\*«([^»]+)»\*\*"), "en": re.compile(r"\*\*“([^”]+)”\*\*")}
PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")
# Made when it runs, or written by the reader.
NOT_OURS = ("instance/", "settings.json", "office.json", ".venv/")

every_document = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)


@every_document
def test_files_in_backticks_exist(path):
    named = [name for name in CODE.findall(path.read_text()) if PATH.match(name)]

    missing = [name for name in named if not is_there(name)]

    assert missing == []


@every_document
def test_links_lead_to_files(path):
    targets = LINK.findall(path.read_text())

    leads_to = [(path.parent / target).resolve() for target in targets]
    missing = [found for found in leads_to if not found.exists()]

    assert missing == []


@every_document
def test_commands_exist(path):
    text = path.read_text()
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    unknown = [
        *(words for words in FLASK.findall(text) if not is_command(words)),
        *(part for part in RUNTIME.findall(text) if part not in {*PARTS, "run"}),
        *(target for target in MAKE.findall(text) if target not in targets),
    ]

    assert unknown == []


@every_document
def test_a_document_knows_no_machine(path):
    assert not re.search(r"/(home|root|work|Users)/", path.read_text())


@every_document
def test_blocks_of_json_are_json(path):
    assert all(json_blocks(path))


def test_the_example_of_the_readme_can_be_used():
    [example] = json_blocks(ROOT / "README.md")

    file = read_file(example)

    assert not problems(file.settings)


@pytest.mark.parametrize("name", ["docs/callgear-setup.md", "docs/runbook.md"])
def test_examples_of_connections_can_be_used(name):
    [example] = json_blocks(ROOT / name)

    assert read_connection(example)


def test_all_eight_notifications_are_described():
    assert tuple(bodies())[:8] == EIGHT


@pytest.mark.parametrize("event", [*EIGHT, "tag_set"])
def test_a_body_to_configure_is_read_as_its_event(event):
    body = PLACEHOLDER.sub(value_of, bodies()[event])

    reading = read(body.encode(), "application/json", b"")

    assert (reading.event.kind, reading.event.is_used) == (event, True)
    assert reading.secret == "SECRET"


@pytest.mark.parametrize("event", [*EIGHT, "tag_set"])
def test_a_body_to_configure_asks_only_for_what_is_read(event):
    assert set(PLACEHOLDER.findall(bodies()[event])) <= EVERY_NAME


def test_the_operator_guide_explains_every_variable():
    named = set(CODE.findall((ROOT / "docs/operator-guide.md").read_text()))

    assert set(read_env_file(ROOT / ".env.example")) <= named


def test_both_guides_have_the_same_sections():
    levels = {
        locale: re.findall(r"^(#+) ", path.read_text(), re.MULTILINE)
        for locale, path in GUIDES.items()
    }

    assert levels["ru"] == levels["en"]
    assert len(levels["ru"]) > 20


def test_both_guides_have_the_same_pictures():
    pictures = {locale: PICTURE.findall(path.read_text()) for locale, path in GUIDES.items()}

    names = {locale: [Path(name).name for _, name in found] for locale, found in pictures.items()}
    assert names["ru"] == names["en"]
    for locale, found in pictures.items():
        assert all(alt and name.startswith(f"pictures/{locale}/") for alt, name in found)


def test_no_picture_is_left_over():
    shown = "".join(path.read_text() for path in DOCUMENTS)
    kept = (ROOT / "docs/pictures").rglob("*.*")

    assert [path.name for path in kept if f"{path.parent.name}/{path.name}" not in shown] == []


def test_both_guides_name_the_labels_of_the_pages_in_the_same_order():
    said = catalogue()
    labels = {locale: LABEL[locale].findall(GUIDES[locale].read_text()) for locale in GUIDES}

    pairs = zip(labels["en"], labels["ru"], strict=True)
    assert [(en, ru) for en, ru in pairs if ru not in said.get(en, ())] == []


def test_decisions_are_numbered_without_gaps():
    numbers = [int(path.name[:4]) for path in DECISIONS]

    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.name)
def test_a_decision_has_its_parts_on_one_page(path):
    lines = path.read_text().splitlines()

    assert re.match(rf"# {path.name[:4]} \S", lines[0])
    assert [line for line in lines if line.startswith("## ")] == [
        "## Context",
        "## Decision",
        "## Consequences",
    ]
    assert len(lines) < 60


def test_the_changelog_begins_with_what_is_unreleased():
    sections = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)

    assert sections[0] == "Unreleased"


def test_the_newest_release_is_the_version_of_the_project():
    sections = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)

    number, _, day = sections[1].partition(" - ")
    assert number == version()
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", day)


def test_the_changelog_has_one_line_per_change():
    text = (ROOT / "CHANGELOG.md").read_text()
    _, *sections = re.split(r"^## .+$", text, flags=re.MULTILINE)
    lines = [line for section in sections for line in section.splitlines() if line]

    odd = [line for line in lines if not re.match(r"- [A-Z][a-z]+ .+\.$|### ", line)]

    assert odd == []
    assert {line for line in lines if line.startswith("#")} <= {
        "### Added",
        "### Changed",
        "### Fixed",
        "### Removed",
    }


def is_there(name):
    return name.startswith(NOT_OURS) or (ROOT / name.removeprefix("./")).exists()


def is_command(words):
    """Whether the words begin with a command of `flask`; what follows are its arguments."""
    app = Flask("documents")
    commands.register(app)
    found: click.Command = app.cli
    for word in words.split():
        if not isinstance(found, click.Group):
            break
        following = found.commands.get(word)
        if following is None:
            return word in ("db", "shell") and found is app.cli
        found = following
    return not isinstance(found, click.Group)


def catalogue():
    """English text -> how it may be said in Russian."""
    with (ROOT / "translations/ru/LC_MESSAGES/messages.po").open("rb") as file:
        messages = [one for one in read_po(file) if one.id and not one.pluralizable]
    said: dict[str, set[str]] = {}
    for message in messages:
        said.setdefault(message.id, set()).add(message.string)
    return said


def json_blocks(path):
    return [json.loads(text) for kind, text in BLOCK.findall(path.read_text()) if kind == "json"]


def bodies():
    """The bodies of the set-up guide by their literal event."""
    texts = [text for _, text in BLOCK.findall(SET_UP.read_text()) if '"event"' in text]
    return {re.search(r'"event":"(\w+)"', text)[1]: text for text in texts}


def value_of(placeholder):
    """What the PBX puts in: a JSON literal."""
    return "700000101" if placeholder[1] == "call_session_id" else "null"
