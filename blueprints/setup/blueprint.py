"""The blueprint of the wizard: /integrations/<id>/setup and what lies below it."""

from __future__ import annotations

from flask import Blueprint

from blueprints.access import protect

bp = Blueprint("setup", __name__, url_prefix="/integrations")
protect(bp)
