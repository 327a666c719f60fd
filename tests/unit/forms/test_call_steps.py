"""The steps of incoming and outgoing calls and of tasks: what is offered, typed, kept, refused."""

from __future__ import annotations

from copy import deepcopy

import pytest
from flask import Flask
from flask_babel import Babel
from werkzeug.datastructures import MultiDict

from forms.incoming_step import IncomingForm
from forms.outgoing_step import OutgoingForm
from forms.tasks_step import TasksForm
from rules.choices import Choices, UserChoice
from rules.crm import Pipeline, Stage
from rules.document import with_values
from rules.pbx import VirtualNumber
from rules.settings import DEFAULTS
from rules.settings_checks import problems

CHOICES = Choices(
    users=(UserChoice("u_1", "Agent One", None, True, "101"),),
    pipelines=(
        Pipeline("p_1", "Sales", "deal", (Stage("s_1", "New"), Stage("s_2", "Won", "won"))),
    ),
    numbers=(
        VirtualNumber("1", "97142000001", active=False),
        VirtualNumber("2", "97142000002", name="Main"),
    ),
    country="AE",
)
NO_NUMBERS = Choices(country="AE")
NUMBER = "outgoing__click_to_call__virtual_number"
COUNTRIES = "outgoing__click_to_call__allowed_countries"
CREATES = ["lead", "deal", "lead_and_deal", "nothing"]


@pytest.fixture(autouse=True)
def request_context():
    app = Flask(__name__)
    app.config.update(SECRET_KEY="x", WTF_CSRF_ENABLED=False)
    Babel(app, default_locale="en")
    with app.test_request_context():
        yield


def document(**values):
    return with_values(
        deepcopy(DEFAULTS), {name.replace("__", "."): v for name, v in values.items()}
    )


def typed(kind, values, *, stored=None, choices=CHOICES):
    pairs = [(k, each) for k, v in values.items() for each in (v if isinstance(v, list) else [v])]
    return kind(stored or DEFAULTS, formdata=MultiDict(pairs), choices=choices)


def offered(form, name):
    return [choice.value for choice in form[name].choices]


# The help page


@pytest.mark.parametrize("side", ["incoming", "outgoing"])
@pytest.mark.parametrize("contact", ["first", "repeat"])
def test_every_contact_offers_the_four_options_of_the_help_page(side, contact):
    form = {"incoming": IncomingForm, "outgoing": OutgoingForm}[side](DEFAULTS, choices=CHOICES)

    assert offered(form, f"{side}__{contact}__create") == CREATES


@pytest.mark.parametrize(
    ("kind", "name", "owners"),
    [
        pytest.param(
            IncomingForm,
            "incoming__first__owner",
            ["answered_by", "finished_by", "from_settings"],
            id="incoming-first",
        ),
        pytest.param(
            IncomingForm,
            "incoming__repeat__owner",
            ["answered_by", "finished_by", "from_settings"],
            id="incoming-repeat",
        ),
        pytest.param(
            OutgoingForm, "outgoing__first__owner", ["caller", "from_settings"], id="outgoing-first"
        ),
        pytest.param(
            OutgoingForm,
            "outgoing__repeat__owner",
            ["answered_by", "finished_by", "from_client_card", "from_settings"],
            id="outgoing-repeat-knows-the-card-but-not-the-caller",
        ),
    ],
)
def test_owners_are_those_of_the_help_page(kind, name, owners):
    assert offered(kind(DEFAULTS, choices=CHOICES), name) == owners


def test_the_two_tasks_offer_different_people():
    form = TasksForm(DEFAULTS, choices=CHOICES)

    assert offered(form, "tasks__lost_incoming__assign") == ["none", "from_settings"]
    assert offered(form, "tasks__failed_outgoing__assign") == ["none", "caller"]


@pytest.mark.parametrize("kind", [IncomingForm, OutgoingForm, TasksForm])
def test_form_gives_back_the_document_that_it_was_made_from(kind):
    stored = document(
        ignore__numbers=["+971501234567"],
        working_hours={"1": [["09:00", "24:00"]]},
        funnels={"pipeline_id": "p_1", "stage_id": "s_1"},
        outgoing__click_to_call__virtual_number="+97142000002",
        outgoing__click_to_call__allowed_countries=["AE", "SA"],
    )
    form = kind(stored, choices=CHOICES)

    given = {
        name: field.data
        for name, field in form._fields.items()
        if name in form.from_document(stored)
    }
    values = {name.replace("__", "."): value or None for name, value in given.items()}

    assert with_values(stored, {k: v for k, v in values.items() if v is not None}) == stored


# Numbers


def test_ignored_numbers_are_brought_to_one_spelling_and_named_once():
    form = typed(
        IncomingForm, {"ignore__numbers": "050 123 4567\n\n+971 50 123 4567\r\n12025550143"}
    )

    assert form.validate(), form.errors
    assert form.values() == {"ignore.numbers": ["+971501234567", "+12025550143"]}


def test_line_that_is_no_number_is_named_and_everything_typed_is_kept():
    form = typed(IncomingForm, {"ignore__numbers": "0501234567\nmy <b>friend</b>"})

    assert not form.validate()
    assert "my <b>friend</b>" in form.errors["ignore__numbers"][0]
    assert form.ignore__numbers._value() == "0501234567\nmy <b>friend</b>"


def test_ignored_numbers_are_shown_as_people_read_them():
    form = IncomingForm(document(ignore__numbers=["+971501234567", "123456"]), choices=CHOICES)

    assert form.ignore__numbers._value() == "+971 50 123 4567\n123456"


def test_emptied_list_of_ignored_numbers_is_empty():
    form = typed(
        IncomingForm, {"ignore__numbers": ""}, stored=document(ignore__numbers=["+12025550143"])
    )

    assert form.values()["ignore.numbers"] == []


def test_outgoing_number_is_chosen_among_active_ones():
    form = OutgoingForm(DEFAULTS, choices=CHOICES)

    choices = {each.value: "disabled" in each.render_kw for each in form[NUMBER].choices}
    assert choices == {"": False, "+97142000002": False, "+97142000001": True}
    assert list(choices)[:2] == ["", "+97142000002"]


@pytest.mark.parametrize("number", ["+97142000001", "+97149999999", "x"])
def test_number_that_is_off_or_not_ours_is_refused(number):
    assert not typed(OutgoingForm, {NUMBER: number}).validate()


def test_first_active_number_is_stored_as_none():
    assert typed(OutgoingForm, {NUMBER: ""}).values() == {
        "outgoing.click_to_call.virtual_number": None
    }


def test_stored_number_in_another_spelling_stays_chosen():
    stored = document(outgoing__click_to_call__virtual_number="97142000002")

    assert OutgoingForm(stored, choices=CHOICES)[NUMBER].data == "+97142000002"


def test_without_a_list_any_number_is_typed_and_normalised():
    form = typed(OutgoingForm, {NUMBER: "04 200 0002"}, choices=NO_NUMBERS)

    assert form.validate(), form.errors
    assert form.values() == {"outgoing.click_to_call.virtual_number": "+97142000002"}
    assert 'type="text"' in str(form[NUMBER]()) and "+971 4 200 0002" in str(form[NUMBER]())


def test_without_a_list_a_text_is_refused():
    assert not typed(OutgoingForm, {NUMBER: "main line"}, choices=NO_NUMBERS).validate()


# Countries


def test_own_country_is_none():
    form = typed(OutgoingForm, {"shown": COUNTRIES, f"{COUNTRIES}-mode": "own", COUNTRIES: ["SA"]})

    assert form.validate(), form.errors
    assert form.values() == {"outgoing.click_to_call.allowed_countries": None}


def test_ticked_countries_are_a_list():
    form = typed(
        OutgoingForm, {"shown": COUNTRIES, f"{COUNTRIES}-mode": "chosen", COUNTRIES: ["SA", "AE"]}
    )

    assert form.validate(), form.errors
    assert form.values() == {"outgoing.click_to_call.allowed_countries": ["SA", "AE"]}


@pytest.mark.parametrize("ticked", [[], ["ZZ"]])
def test_no_country_and_no_real_country_are_refused(ticked):
    form = typed(
        OutgoingForm, {"shown": COUNTRIES, f"{COUNTRIES}-mode": "chosen", COUNTRIES: ticked}
    )

    assert not form.validate()


def test_ticked_countries_come_first_and_every_country_has_a_name():
    stored = document(outgoing__click_to_call__allowed_countries=["SA"])
    countries = OutgoingForm(stored, choices=CHOICES)[COUNTRIES].countries

    assert countries[0] == ("SA", "Saudi Arabia", True)
    assert len(countries) > 200 and not any(name == code for code, name, _ in countries)


# Working hours


def hours(**pairs):
    given = {"shown": "working_hours", "working_hours-mode": "hours"}
    for day, times in pairs.items():
        given[f"working_hours-{day[1]}-from"] = [first for first, _ in times]
        given[f"working_hours-{day[1]}-till"] = [last for _, last in times]
    return typed(TasksForm, given)


def test_hours_are_stored_by_day_and_midnight_is_the_end_of_the_day():
    form = hours(
        d1=[("09:00", "13:00"), ("14:00", "18:00")], d6=[("20:00", "00:00")], d7=[("", "")]
    )

    assert form.validate(), form.errors
    stored = form.values()["working_hours"]
    assert stored["1"] == [["09:00", "13:00"], ["14:00", "18:00"]]
    assert stored["6"] == [["20:00", "24:00"]] and stored["7"] == []
    assert problems({"working_hours": stored}) == ()


@pytest.mark.parametrize(
    ("pairs", "says"),
    [
        pytest.param([("09:00", "")], "enter both times", id="half"),
        pytest.param([("9", "25:00")], "enter both times", id="no-time"),
        pytest.param([("18:00", "09:00")], "end after it starts", id="backwards"),
        pytest.param([("09:00", "13:00"), ("12:00", "18:00")], "overlap", id="overlap"),
    ],
)
def test_wrong_hours_name_the_day(pairs, says):
    form = hours(d2=pairs)

    assert not form.validate()
    assert "Tuesday" in form.errors["working_hours"][0] and says in form.errors["working_hours"][0]
    assert form.working_hours.days[1][2] == [list(pair) for pair in pairs]


def test_week_without_hours_is_refused():
    assert not hours(d1=[("", "")]).validate()


def test_around_the_clock_is_none():
    given = {"shown": "working_hours", "working_hours-mode": "always"}

    assert typed(TasksForm, given, stored=document(working_hours={"1": []})).values() == {
        "working_hours": None
    }


def test_hours_that_were_not_shown_stay():
    form = typed(TasksForm, {"tasks__lost_incoming__assign": "none"})

    assert "working_hours" not in form.values()


# Funnel and stage in one choice


def test_funnel_and_stage_are_chosen_together():
    form = typed(IncomingForm, {"funnels": "p_1|s_1"})

    assert form.validate(), form.errors
    assert form.values() == {"funnels": {"pipeline_id": "p_1", "stage_id": "s_1"}}


@pytest.mark.parametrize("value", ["p_1|s_9", "p_9|s_1", "x"])
def test_stage_that_is_not_offered_is_refused(value):
    assert not typed(IncomingForm, {"funnels": value}).validate()


def test_deleted_funnel_stays_chosen_and_is_marked():
    stored = document(funnels={"pipeline_id": "p_9", "stage_id": "s_9"})

    shown = str(IncomingForm(stored, choices=CHOICES).funnels())

    assert '<option selected value="p_9|s_9">p_9 (deleted in Behomes)</option>' in shown


def test_final_stage_is_marked():
    assert "Won (final)" in str(IncomingForm(DEFAULTS, choices=CHOICES).funnels())
