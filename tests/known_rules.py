"""Addresses of pages that are compiled once for all apps of a test run, as templates are.

Almost every test makes an app of its own, and compiling some 200 rules is most of what that costs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

_compiled: dict[tuple[object, ...], Callable[..., tuple[str, str]]] = {}


class KnownRule(Rule):
    """What builds its address depends on nothing but the key here: the function is handed the rule
    that it is bound to."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        defaults: dict[str, Any] = dict(self.defaults or {})
        key = (self.rule, self.host, self.subdomain, repr(sorted(defaults.items())), append_unknown)
        if key not in _compiled:
            _compiled[key] = super()._compile_builder(append_unknown)
        return _compiled[key]


def remember_rules() -> None:
    """For every app that is made from now on."""
    Flask.url_rule_class = KnownRule
