"""Dashboard and alarms speak of numbers that are there, and of sections that can be read."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest
import yaml

from rules.attention import Kind
from runtime.config import ROOT
from services import heartbeats
from services.meter_layout import FAMILIES
from tests.notifications import answered_call

FOLDER = ROOT / "deploy" / "monitoring"
DOCUMENT = yaml.safe_load((FOLDER / "alerts.yml").read_text())
RULES = [rule for group in DOCUMENT["groups"] for rule in group["rules"]]
DASHBOARD = json.loads((FOLDER / "dashboard.json").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
QUERIES = [target["expr"] for panel in PANELS for target in panel["targets"]]
EXPRESSIONS = [*(rule["expr"] for rule in RULES), *QUERIES]

QUOTED = re.compile(r'"[^"]*"')
GROUPING = re.compile(r"\b(by|on|without)\s*\(([^)]*)\)")
MATCHERS = re.compile(r"\{([^}]*)\}")
WORD = re.compile(r"\b[a-z][a-z_]+\b(?!\s*\()")
NOT_METRICS = {"and", "or", "unless", "absent", "min", "max", "sum"}
MATCHER = re.compile(r'([a-z_]+)\{([a-z]+)="([^"]*)"\}')
DURATION = re.compile(r"^\d+[smhd]$")


def metrics_in(expression):
    bare = GROUPING.sub(" ", MATCHERS.sub(" ", QUOTED.sub(" ", expression)))
    bare = re.sub(r"\[[^\]]*\]", " ", bare)
    return set(WORD.findall(bare)) - NOT_METRICS


@pytest.fixture
def exposed(server):
    """Names of all series as Prometheus stores them."""
    server.notify(*answered_call("1"))
    server.drain()
    with server.engine.begin() as connection:
        heartbeats.beat(connection, heartbeats.BACKUP, "a", {"bytes": 1})
        heartbeats.beat(connection, heartbeats.UPKEEP, "a", {"tasks": {"sweep": 1}})
    text = server.app.test_client().get("/metrics").text
    kinds = re.findall(r"^# TYPE (\w+) (\w+)$", text, re.MULTILINE)
    names = {name for name, kind in kinds if kind != "histogram"}
    for name, kind in kinds:
        if kind == "histogram":
            names |= {f"{name}_bucket", f"{name}_count", f"{name}_sum"}
    # Only told while the broker answers, which it does not here.
    return names | {"queue_jobs", "workers", "worker_sign_age_seconds"}


def test_every_number_that_is_shown_or_watched_is_there(exposed):
    named = {name for expression in EXPRESSIONS for name in metrics_in(expression)}

    assert len(named) > 25
    assert named - exposed == set()


def test_every_number_there_is_is_shown_or_watched(exposed):
    shown = {name for expression in EXPRESSIONS for name in metrics_in(expression)}

    missing = {name for name in exposed - shown if not name.endswith(("_sum", "_bucket"))}
    assert missing == set()


def test_labels_that_are_asked_for_exist():
    known = {}
    for family in FAMILIES:
        for label, values in family.labels:
            for name in (family.name, f"{family.name}_count", f"{family.name}_bucket"):
                known[(name, label)] = values

    asked = [found for expression in EXPRESSIONS for found in MATCHER.findall(expression)]

    wrong = [
        (name, label, value)
        for name, label, value in asked
        if (name, label) in known and value not in known[(name, label)]
    ]
    assert asked
    assert wrong == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alarm_is_whole_and_leads_to_a_section(rule):
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert re.fullmatch(r"[A-Z][A-Za-z]+", rule["alert"])
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert set(rule["annotations"]) == {"summary", "means", "runbook"}
    assert DURATION.match(rule.get("for", "1m"))
    path, _, anchor = rule["annotations"]["runbook"].partition("#")
    assert anchor in anchors((ROOT / path).read_text())


def test_alarms_have_names_of_their_own():
    names = [rule["alert"] for rule in RULES]

    assert len(names) == len(set(names)) > 20


def test_panels_stand_beside_each_other():
    places = [panel["gridPos"] for panel in DASHBOARD["panels"]]
    cells = [
        (x, y)
        for place in places
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]

    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) == 23
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(places)


def test_prometheus_itself_takes_the_alarms():
    """Where its tool is on the machine; the other tests hold the files without it."""
    tool = shutil.which("promtool")
    orders = (("check", "rules", "alerts.yml"), ("test", "rules", "alerts_test.yml"))
    done = [
        subprocess.run([tool, *order], cwd=FOLDER, capture_output=True, text=True, timeout=60)
        for order in orders
        if tool
    ]

    assert [each.stderr for each in done if each.returncode] == []


def anchors(text):
    """What headings are called in links."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


def test_everything_that_the_overview_points_out_is_in_the_runbook():
    text = (ROOT / "docs/runbook.md").read_text()
    named = set(re.findall(r"`([a-z_]+)`", text))

    assert {str(kind) for kind in Kind} - named == set()


def test_links_inside_the_runbook_lead_to_its_sections():
    text = (ROOT / "docs/runbook.md").read_text()

    assert set(re.findall(r"\]\(#([^)]+)\)", text)) - anchors(text) == set()
