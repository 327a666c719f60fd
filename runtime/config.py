"""What the environment says, read once and checked: the only place that reads it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from runtime import keys
from runtime.variables import ConfigError, Variables, is_loopback

ROOT = Path(__file__).resolve().parent.parent

VENDOR_HOSTS = (
    "api.behomes.tech",
    "dataapi.callgear.com",
    "callapi.callgear.com",
    "media.callgear.com",
)
SIMULATOR_HOSTS_FILE = "simulators.hosts"
SECRET_KEY_FILE, ENCRYPTION_KEYS_FILE = "secret_key", "encryption_keys"

__all__ = ["ROOT", "VENDOR_HOSTS", "Config", "ConfigError", "is_loopback"]


@dataclass(frozen=True)
class Config:
    """Everything a process of ours is told from outside. Secrets are not in its repr."""

    port: int
    host: str
    instance_dir: Path
    demo: bool
    database_url: str = field(repr=False)
    redis_url: str | None = field(repr=False)  # None: the embedded broker, see runtime/broker.py
    secret_key: str = field(repr=False)
    old_secret_keys: tuple[str, ...] = field(repr=False)  # still good for what they have signed
    encryption_keys: tuple[str, ...] = field(repr=False)  # Fernet keys, newest first
    public_base_url: str
    api_hosts: tuple[str, ...]
    web_concurrency: int
    web_threads: int
    call_workers: int
    default_locale: str
    htmx_source: str
    log_format: str | None  # None: console on a terminal, else json
    settle_seconds: int
    enrich_seconds: int
    recording_link_days: int
    recordings_dir: Path
    second_step: str  # of whom a second step of the login is wanted: none, admins or all
    keeps_keys: bool = False  # the encryption keys are those of INSTANCE_DIR

    @classmethod
    def load(cls, root: Path = ROOT) -> Config:
        """Read `.env` of the project folder and the process environment, which wins."""
        return cls.from_environ({**read_env_file(root / ".env"), **os.environ}, root=root)

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], *, root: Path = ROOT) -> Config:
        """Check every variable and name all that are wrong. Raises ConfigError.

        Makes INSTANCE_DIR and the secrets in it where the environment gives none.
        """
        read = Variables(environ)
        host = read.host("HOST", "127.0.0.1")
        port = read.whole("PORT", 8000, at_least=1, at_most=65535)
        instance_dir = _folder(root, read.text("INSTANCE_DIR", "instance"))
        demo = read.switch("DEMO", True)
        made = cls(
            port=port,
            host=host,
            instance_dir=instance_dir,
            demo=demo,
            database_url=read.database_url(
                "DATABASE_URL", default=f"sqlite:///{instance_dir / 'app.db'}"
            ),
            redis_url=read.redis_url("REDIS_URL"),
            secret_key=read.text("SECRET_KEY", ""),
            old_secret_keys=read.words("OLD_SECRET_KEYS"),
            encryption_keys=read.fernet_keys("ENCRYPTION_KEYS"),
            public_base_url=read.base_url("PUBLIC_BASE_URL", _own_address(host, port)),
            api_hosts=read.hosts("API_HOSTS", VENDOR_HOSTS),
            web_concurrency=read.whole("WEB_CONCURRENCY", 2, at_least=1, at_most=64),
            # A console holds one thread for as long as it is open. Threads are made when needed,
            # so the number costs nothing until 200 consoles are open, even all in one process.
            web_threads=read.whole("WEB_THREADS", 240, at_least=2, at_most=900),
            call_workers=read.whole("CALL_WORKERS", 2, at_least=1, at_most=64),
            default_locale=read.choice("DEFAULT_LOCALE", ("ru", "en")),
            htmx_source=read.choice("HTMX_SOURCE", ("cdn", "local")),
            log_format=read.choice("LOG_FORMAT", ("", "console", "json")) or None,
            settle_seconds=read.whole("SETTLE_SECONDS", 120, at_least=1, at_most=86400),
            enrich_seconds=read.whole("ENRICH_SECONDS", 30, at_least=0, at_most=86400),
            recording_link_days=read.whole("RECORDING_LINK_DAYS", 30, at_least=1, at_most=3650),
            recordings_dir=_folder(root, read.text("RECORDINGS_DIR", f"{instance_dir}/recordings")),
            second_step=read.choice("SECOND_STEP", ("none", "admins", "all")),
        )
        read.raise_problems()
        return made._completed()

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    def encryption_keys_now(self) -> tuple[str, ...]:
        """Those of the instance folder may change while we run (`keys rotate`)."""
        if not self.keeps_keys:
            return self.encryption_keys
        return keys.read(self.instance_dir / ENCRYPTION_KEYS_FILE)

    def _completed(self) -> Config:
        """With the generated secrets, and in the demo with the addresses of its simulators."""
        secret_key, encryption_keys = self.secret_key, self.encryption_keys
        old_secret_keys = self.old_secret_keys
        try:
            self.instance_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not secret_key:
                kept = keys.kept(self.instance_dir / SECRET_KEY_FILE, keys.new_secret)
                secret_key, *older = kept.split()
                old_secret_keys = (*older, *old_secret_keys)
            if not encryption_keys:
                kept = keys.kept(self.instance_dir / ENCRYPTION_KEYS_FILE, keys.new_fernet_key)
                encryption_keys = tuple(kept.split())
        except OSError as error:
            raise ConfigError([f"INSTANCE_DIR: cannot be used: {error}"]) from error
        return replace(
            self,
            keeps_keys=not self.encryption_keys,
            secret_key=secret_key,
            old_secret_keys=old_secret_keys,
            encryption_keys=encryption_keys,
            api_hosts=(*self.api_hosts, *(self._simulator_hosts() if self.demo else ())),
        )

    def _simulator_hosts(self) -> list[str]:
        """What runtime/simulators.py wrote down, so that every command may call them."""
        path = self.instance_dir / SIMULATOR_HOSTS_FILE
        return path.read_text().split() if path.exists() else []


def read_env_file(path: Path) -> dict[str, str]:
    """The `NAME=value` lines of a file, {} without one. Quotes around a value are taken off."""
    if not path.is_file():
        return {}
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if equals and not name.startswith("#"):
            found[name.strip()] = value.strip().strip("\"'")
    return found


def _folder(root: Path, text: str) -> Path:
    return (root / Path(text).expanduser()).absolute()


def _own_address(host: str, port: int) -> str:
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)
    return f"http://{f'[{shown}]' if ':' in shown and shown[0] != '[' else shown}:{port}"
