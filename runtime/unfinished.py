"""A restore that was broken off leaves a mark: nothing may work with what it has left."""

from __future__ import annotations

from runtime.config import Config, ConfigError

MARK = "restore.unfinished"


def refuse_unfinished(config: Config) -> None:
    """Raises ConfigError while a restore has not come to its end."""
    mark = config.instance_dir / MARK
    if mark.exists():
        raise ConfigError(
            [f"a restore of {mark.read_text().strip()} was broken off: run `backup restore` again"]
        )
