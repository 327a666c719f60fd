"""Backups: what is in one, what is wrong with one, and life after one was taken back."""

from __future__ import annotations

import stat
import tarfile

import pytest
from sqlalchemy import create_engine, make_url, text

from app import create_app
from models import db
from runtime.backup.archive import MANIFEST, BadBackup
from runtime.backup.create import create, forget_old
from runtime.backup.restore import restore
from runtime.backup.verify import opened
from runtime.config import Config, ConfigError
from runtime.run import CannotStart, only_one
from runtime.unfinished import MARK, refuse_unfinished
from services import heartbeats
from services.knobs import Knobs
from tests.databases import SCHEMA
from tests.factories import Server
from tests.notifications import answered_call, lost_call

PASSPHRASE = "a long walk along the creek"
NEW, MISSED = "971500000077", "971500000088"


def calls(server):
    """What the PBX tells of the calls of an afternoon, after the backup."""
    return [
        *answered_call("2", contact_phone_number=NEW),
        *answered_call("3", contact_phone_number=NEW),
        *lost_call("4", contact_phone_number=MISSED),
        *lost_call("5", contact_phone_number=MISSED),
    ]


def config_of(server) -> Config:
    return server.app.extensions["config"]


def backup_of(server, folder, **options):
    options.setdefault("passphrase", PASSPHRASE)
    return create(config_of(server), folder / "backup.tar", **options).path


@pytest.fixture
def elsewhere(any_server, tmp_path):
    """The configuration of an empty second instance beside the server, on the same database."""
    folder, url = tmp_path / "second", config_of(any_server).database_url
    if config_of(any_server).is_sqlite:
        yield second(any_server, folder, f"sqlite:///{folder}/app.db")
        return
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text("DROP DATABASE IF EXISTS restored"))
        connection.execute(text("CREATE DATABASE restored"))
    other = make_url(url).set(database="restored").render_as_string(hide_password=False)
    engine = create_engine(other)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {SCHEMA}"))
    engine.dispose()
    yield second(any_server, folder, other)
    with admin.connect() as connection:
        connection.execute(text("DROP DATABASE restored WITH (FORCE)"))
    admin.dispose()


def second(server, folder, url):
    hosts = ",".join(config_of(server).api_hosts)
    variables = {"INSTANCE_DIR": str(folder), "DATABASE_URL": url, "DEMO": "0"}
    return Config.from_environ({**variables, "API_HOSTS": hosts, "SETTLE_SECONDS": "30"})


def started(config, server):
    """The restored instance at work, with the keys that it has now."""
    variables = {"INSTANCE_DIR": str(config.instance_dir), "DATABASE_URL": config.database_url}
    hosts = ",".join(config.api_hosts)
    app = create_app(Config.from_environ({**variables, "DEMO": "0", "API_HOSTS": hosts}))
    with app.app_context():
        engine = db.engine
    return Server(app, engine, server.crm, Knobs.of(app.extensions["ports"]), server.made)


def test_calls_since_the_backup_come_again_and_nothing_is_doubled(any_server, elsewhere, tmp_path):
    server = any_server
    server.configure(idempotency="off")
    server.use(settings={"tasks": {"lost_incoming": {"assign": "from_settings"}}})
    server.notify(*answered_call("1"))
    server.drain()
    path = backup_of(server, tmp_path)
    server.notify(*calls(server))
    server.settle()
    before = server.audit()
    story = [(each, server.show(each)["created"]) for each in "2345"]

    restore(path, elsewhere, passphrase=PASSPHRASE, force=False)
    restored = started(elsewhere, server)
    known = restored.show("1")["state"]
    restored.notify(*calls(restored))
    restored.settle()

    assert known == "written"
    assert restored.audit() == before == {"clients": 3, "leads": 2, "tasks": 1, "calls": 5} | before
    assert [(each, restored.show(each)["created"]) for each in "2345"] == story
    restored.app.extensions["inbox"]._drop_connection()
    restored.app.extensions["ports"].http.close()
    restored.engine.dispose()


def test_what_was_planned_at_the_backup_is_searched_before_it_is_sent(server, tmp_path):
    server.configure(idempotency="off")
    server.fault("error_500_before", "create_lead")
    server.notify(*answered_call("1"))
    server.drain()
    config = config_of(server)
    with server.engine.begin() as connection:
        connection.execute(text("UPDATE crm_write SET status = 'planned' WHERE kind = 'lead'"))
    path = backup_of(server, tmp_path)
    server.heal()
    server.settle()
    before = server.audit()

    server.engine.dispose()
    restore(path, config, passphrase=PASSPHRASE, force=True)
    server.settle()

    assert server.audit() == before
    assert server.state("1") == ("written", None)


def test_backup_tells_what_is_in_it_and_is_for_its_owner(server, tmp_path):
    made = create(config_of(server), tmp_path / "b.tar", passphrase=None)

    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    assert (made.manifest.database, made.manifest.has_keys) == ("sqlite", False)
    assert made.manifest.rows["integration"] == 1
    assert not [
        key for key in config_of(server).encryption_keys if key in made.path.read_text("latin-1")
    ]


def test_kept_recordings_go_with_it_and_those_gone_since_are_counted(server, tmp_path):
    folder = config_of(server).recordings_dir / str(server.id)
    folder.mkdir(parents=True)
    (folder / "1.rec").write_bytes(b"sealed audio")
    server.notify(*answered_call("1"))
    server.drain()
    with server.engine.begin() as connection:
        for number in (1, 2):
            connection.execute(
                text(
                    "INSERT INTO recording_copy (id, integration_id, session_row_id, record, state,"
                    " tries) VALUES (:id, :office, 1, :record, 'kept', 0)"
                ),
                {"id": number, "office": server.id, "record": f"r{number}"},
            )

    made = create(config_of(server), tmp_path / "b.tar", passphrase=PASSPHRASE)

    assert (made.manifest.recordings, made.manifest.missing_recordings) == (1, 1)
    with opened(made.path, config_of(server), passphrase=None) as found:
        assert (found.folder / f"recordings/{server.id}/1.rec").read_bytes() == b"sealed audio"


def spoil(path, *, member, how):
    """Write the archive anew with one member changed."""
    spoilt = path.with_name("spoilt.tar")
    with tarfile.open(path) as old, tarfile.open(spoilt, "w") as new:
        for entry in old:
            raw = old.extractfile(entry).read()
            if entry.name == member:
                raw = how(raw)
            if raw is not None:
                entry.size = len(raw)
                from io import BytesIO

                new.addfile(entry, BytesIO(raw))
    return spoilt


@pytest.mark.parametrize(
    ("member", "how", "said"),
    [
        pytest.param("database.sqlite3.gz", lambda raw: raw[:-9], "checksum", id="cut-off"),
        pytest.param("keys.sealed", lambda raw: None, "checksum", id="lost-member"),
        pytest.param(MANIFEST, lambda raw: None, "manifest", id="no-manifest"),
        pytest.param(
            MANIFEST, lambda raw: raw.replace(b'"format": 1', b'"format": 2'), "format", id="format"
        ),
        pytest.param(
            MANIFEST,
            lambda raw: raw.replace(b'"revision": "0', b'"revision": "9'),
            "newer than this version",
            id="newer",
        ),
        pytest.param(
            MANIFEST,
            lambda raw: raw.replace(b'"integration": 1', b'"integration": 2'),
            "other rows",
            id="rows",
        ),
    ],
)
def test_a_spoilt_backup_is_refused(server, tmp_path, member, how, said):
    spoilt = spoil(backup_of(server, tmp_path), member=member, how=how)

    with (
        pytest.raises(BadBackup, match=said),
        opened(spoilt, config_of(server), passphrase=PASSPHRASE),
    ):
        pass


def test_what_is_no_backup_is_refused(server, tmp_path):
    (tmp_path / "x.tar").write_bytes(b"hello")

    with (
        pytest.raises(BadBackup, match="cannot be read"),
        opened(tmp_path / "x.tar", config_of(server), passphrase=None),
    ):
        pass


def test_a_hostile_archive_writes_nowhere_else(server, tmp_path):
    with tarfile.open(tmp_path / "x.tar", "w") as tar:
        tar.add(__file__, arcname="../../outside")

    with (
        pytest.raises(BadBackup, match="no place"),
        opened(tmp_path / "x.tar", config_of(server), passphrase=None),
    ):
        pass


def empty_config(tmp_path, **variables):
    return Config.from_environ({"INSTANCE_DIR": str(tmp_path / "second"), "DEMO": "0", **variables})


def test_without_the_keys_it_is_refused_and_nothing_changes(server, tmp_path):
    path, config = backup_of(server, tmp_path), empty_config(tmp_path)
    before = sorted(config.instance_dir.iterdir())

    for passphrase, said in ((None, "ENCRYPTION_KEYS"), ("another passphrase", "passphrase")):
        with pytest.raises(BadBackup, match=said):
            restore(path, config, passphrase=passphrase, force=False)

    assert (
        sorted(each for each in config.instance_dir.iterdir() if each.name != "run.lock") == before
    )


def test_an_instance_in_use_is_not_written_over(server, tmp_path):
    path, config = backup_of(server, tmp_path), config_of(server)

    with pytest.raises(BadBackup, match="not empty"):
        restore(path, config, passphrase=None, force=False)
    with only_one(config.instance_dir), pytest.raises(CannotStart):
        restore(path, config, passphrase=None, force=True)
    with server.engine.begin() as connection:
        heartbeats.beat(connection, heartbeats.UPKEEP, "other-host", {})
    with pytest.raises(BadBackup, match="still works"):
        restore(path, config, passphrase=None, force=True)


def test_what_was_there_before_is_kept_beside(server, tmp_path):
    path, config = backup_of(server, tmp_path), config_of(server)
    server.notify(*answered_call("9"))
    server.engine.dispose()

    done = restore(path, config, passphrase=None, force=True)

    assert done.before is not None
    assert (done.before / "app.db").exists()
    assert not done.keys_written


def test_nothing_starts_on_half_a_restore(server, tmp_path):
    config = config_of(server)
    (config.instance_dir / MARK).write_text("b.tar\n")

    with pytest.raises(ConfigError, match="broken off"):
        refuse_unfinished(config)

    server.engine.dispose()
    restore(backup_of(server, tmp_path), config, passphrase=None, force=False)
    refuse_unfinished(config)


def test_only_the_newest_are_kept_in_a_folder(tmp_path):
    for day in range(1, 6):
        (tmp_path / f"backup-2026110{day}T000000Z.tar").touch()
    (tmp_path / "other.tar").touch()

    removed = forget_old(tmp_path, keep=2)

    assert len(removed) == 3
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "backup-20261104T000000Z.tar",
        "backup-20261105T000000Z.tar",
        "other.tar",
    ]
