"""Every component in every state, for browser tests and for whoever builds the next page."""

from __future__ import annotations

from types import SimpleNamespace

from flask import Blueprint, abort, current_app, render_template
from flask_wtf import FlaskForm
from wtforms import PasswordField, SelectField, StringField
from wtforms.fields.choices import SelectChoice

bp = Blueprint("styleguide", __name__)


PEOPLE = [SelectChoice("u_1", "Agent One"), SelectChoice("u_2", "Agent Two")]


class SampleForm(FlaskForm):
    title = StringField("Title")
    key = PasswordField("API key")
    owner = SelectField("Responsible", choices=PEOPLE)


@bp.before_request
def only_in_the_demo() -> None:
    if not current_app.extensions["config"].demo:
        abort(404)


@bp.get("/styleguide")
def index() -> str:
    wrong = SampleForm(formdata=None, prefix="wrong")
    wrong.title.errors = ["Enter a title."]
    return render_template(
        "styleguide.html",
        form=SampleForm(formdata=None),
        wrong=wrong,
        page=SimpleNamespace(number=2, pages=6, total=128),
    )
