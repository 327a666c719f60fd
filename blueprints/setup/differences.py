"""What differs between two versions of the settings, in words, each with the place to change it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from blueprints.setting_links import setting_url
from blueprints.setup.spoken import Speaker
from rules.choices import Choices
from rules.settings import load
from rules.settings_changes import difference


@dataclass(frozen=True)
class Changed:
    """One setting with its old and its new value."""

    label: str
    old: str
    new: str
    href: str


def differences(
    integration_id: int, old: Mapping[str, Any], new: Mapping[str, Any], choices: Choices
) -> list[Changed]:
    """What changed from one whole document to the other, in the order of the document."""
    speaker = Speaker.of(choices, old, new)
    return [
        Changed(
            speaker.label(path),
            speaker.value(path, before),
            speaker.value(path, after),
            setting_url(integration_id, path),
        )
        for path, before, after in difference(load(old), load(new))
    ]
