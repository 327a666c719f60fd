"""Who is invited, what somebody may do, and what an invited person types."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import EmailField, PasswordField, SelectField, StringField
from wtforms.validators import AnyOf, EqualTo, InputRequired, Length, ValidationError

from rules.emails import is_email
from rules.reach import Level

ENTER_EMAIL = _l("Enter an e-mail.")
NO_EMAIL = _l("This is not an e-mail address. Example: agent.one@example.com")
CHOOSE_LEVEL = _l("Choose what this person may do.")
ENTER_NAME = _l("Enter your name.")
ENTER_PASSWORD = _l("Enter a password.")
REPEAT_PASSWORD = _l("Enter the password once more.")
LEVELS = tuple(level.value for level in Level)
NOT_THE_SAME = _l("The two passwords are not the same.")


def _trimmed(text: str | None) -> str | None:
    return " ".join(text.split()) if text else text


def check_email(form: FlaskForm, field: EmailField) -> None:
    if field.data and not is_email(field.data):
        raise ValidationError(NO_EMAIL)


class InviteForm(FlaskForm):
    email = EmailField(
        _l("E-mail"),
        [InputRequired(ENTER_EMAIL), Length(max=200), check_email],
        filters=[_trimmed],
    )
    name = StringField(_l("Person’s name"), [Length(max=200)], filters=[_trimmed])
    level = StringField(validators=[AnyOf(LEVELS, CHOOSE_LEVEL)], default=Level.EMPLOYEE.value)


class LevelForm(FlaskForm):
    level = StringField(validators=[AnyOf(LEVELS, CHOOSE_LEVEL)])


class CrmUserForm(FlaskForm):
    """An empty choice: the e-mail tells which CRM user it is."""

    crm_user_id = SelectField(_l("User of Behomes"), validate_choice=False)


class JoinForm(FlaskForm):
    """The e-mail is asked for only if the invitation names none."""

    email = EmailField(_l("E-mail"), [Length(max=200), check_email], filters=[_trimmed])
    name = StringField(_l("Your name"), [InputRequired(ENTER_NAME), Length(max=200)], [_trimmed])
    password = PasswordField(_l("Password"), [InputRequired(ENTER_PASSWORD)])
    again = PasswordField(
        _l("Password once more"),
        [InputRequired(REPEAT_PASSWORD), EqualTo("password", NOT_THE_SAME)],
    )
