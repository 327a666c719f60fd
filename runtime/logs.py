"""Turns every log record into one masked line on stderr: for people on a terminal, else JSON."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from runtime.masking import mask_event
from runtime.plain_lines import plain_event, plain_json
from services import meters

QUIET = {
    "alembic": logging.WARNING,
    "rq": logging.WARNING,
    "urllib3": logging.WARNING,
    "werkzeug": logging.WARNING,
}


def configure(log_format: str | None, *, part: str) -> None:
    """Send the logs of this process to stderr; `part` names the process in each line."""
    is_console = (log_format or _default_format()) == "console"
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter(is_console=is_console, part=part))
    handler.addFilter(_count)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    for name, level in QUIET.items():
        logging.getLogger(name).setLevel(level)
    logging.captureWarnings(True)


def _count(record: logging.LogRecord) -> bool:
    """Count lines by level: a server that complains more than before is worth a look."""
    level = "error" if record.levelno >= logging.ERROR else record.levelname.lower()
    meters.count("log_lines_total", level if level in ("error", "warning") else "info")
    return True


def _default_format() -> str:
    return "console" if sys.stderr.isatty() else "json"


def _formatter(*, is_console: bool, part: str) -> logging.Formatter:
    def name_part(_logger: Any, _method: str, event: EventDict) -> EventDict:
        event["part"] = part
        return event

    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(
            fmt="%H:%M:%S" if is_console else "iso", utc=not is_console
        ),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        name_part,
    ]
    writing: list[Processor] = [structlog.processors.JSONRenderer(ensure_ascii=False), plain_json]
    if is_console:
        writing = [plain_event, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=before,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            mask_event,
            *writing,
        ],
    )
