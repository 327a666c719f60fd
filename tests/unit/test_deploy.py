"""The files of deploy/: what they name exists here, and their own linters find nothing, where they
are at hand."""

from __future__ import annotations

import ast
import re
import shlex
import shutil
import subprocess
import sys

import pytest
import yaml
from flask import Flask

from blueprints.console_stream import HEARTBEAT_SECONDS
from blueprints.hooks import LARGEST_BODY
from runtime import commands
from runtime.__main__ import PARTS
from runtime.config import ROOT, Config, read_env_file
from tests import need
from tests.certificates import make_issuer
from tests.rooms import MAY_IMPORT

DEPLOY = ROOT / "deploy"
SYSTEMD = DEPLOY / "systemd"
UNITS = sorted(path for path in SYSTEMD.iterdir() if path.is_file())
SERVICES = [path for path in UNITS if path.suffix == ".service"]
NGINX = (DEPLOY / "nginx" / "calls.conf").read_text()
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
VARIABLES = set(read_env_file(ROOT / ".env.example"))
# Where a unit finds the project, and what runs it.
HOME, PYTHON, FLASK = "/opt/calls", "/opt/calls/.venv/bin/python", "/opt/calls/.venv/bin/flask"
ALONE = set(PARTS) - {"run", "broker"}
LOOSEST = 2.0  # of systemd's 10: how exposed a service may be


def values_of(path, name):
    return re.findall(rf"^{name}=(.*)$", path.read_text(), re.MULTILINE)


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_unit_runs_a_command_that_exists(path):
    [line] = values_of(path, "ExecStart")
    program, *words = shlex.split(line)

    if program == PYTHON:
        assert words[:2] == ["-m", "runtime"] and words[2] in ALONE
        return
    assert (program, words[:2]) == (FLASK, ["--app", "app"])
    app = Flask("deploy")
    commands.register(app)
    group = app.cli.commands[words[2]]
    options = {option for each in group.commands[words[3]].params for option in each.opts}
    assert {word for word in words if word.startswith("--")} - {"--app"} <= options


def test_every_part_has_a_unit_that_the_target_starts():
    [target] = [path for path in UNITS if path.suffix == ".target"]
    wanted = " ".join(values_of(target, "Wants")).split()
    files = {re.sub(r"@\d+", "@", name) for name in wanted}

    lines = [values_of(SYSTEMD / name, "ExecStart")[0] for name in files if "service" in name]
    started = {shlex.split(line)[-1] for line in lines}

    assert files <= {path.name for path in UNITS}
    assert started == ALONE


def test_variables_of_the_example_are_variables_of_ours(tmp_path):
    example = read_env_file(DEPLOY / "calls.env.example")

    assert set(example) <= VARIABLES
    assert {"SECRET_KEY", "ENCRYPTION_KEYS", "DATABASE_URL", "REDIS_URL"} <= set(example)
    assert not Config.from_environ({**example, "INSTANCE_DIR": str(tmp_path)}).demo


def test_image_knows_no_variable_that_we_do_not_read():
    told = set(re.findall(r"^(?:ENV| {4})\s*([A-Z_]+)=", DOCKERFILE, re.MULTILINE))

    assert {"INSTANCE_DIR", "DEMO"} <= told
    assert {name for name in told if not name.startswith(("PATH", "PYTHON"))} <= VARIABLES


IGNORED = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
IN_IMAGE = {line[1:] for line in IGNORED if line.startswith("!")}
STARTS = """
import runtime.live, runtime.migrate, runtime.upkeep, runtime.version, runtime.web, runtime.worker
from runtime.application import create
from runtime.config import ROOT, Config

config = Config.load()
runtime.migrate.upgrade(config)
browser = create(config).test_client()
told = [browser.get(path).status_code for path in ("/healthz", "/login", "/static/app.css")]
print(ROOT, runtime.version.version(), told)
"""


def test_what_is_in_the_image_starts(tmp_path):
    image = tmp_path / "image"
    for name in IN_IMAGE:
        path, copy = ROOT / name, image / name
        copy.parent.mkdir(exist_ok=True)
        shutil.copytree(path, copy) if path.is_dir() else shutil.copy(path, copy)
    environ = {"DEMO": "0", "INSTANCE_DIR": str(tmp_path / "state"), "LOG_FORMAT": "json"}

    code, told = run(sys.executable, "-c", STARTS, cwd=image, env=environ)

    assert code == 0, told
    assert re.search(rf"^{image} [\d.]+ \[200, 200, 200\]$", told, re.MULTILINE), told


def test_image_holds_every_room_that_runs_and_no_tests():
    rooms = {*MAY_IMPORT, "runtime"} - {"bench", "chaos", "fuzz", "mutation"}

    assert rooms | {"templates", "static", "migrations", "translations", "app.py"} <= IN_IMAGE
    assert [name for name in IN_IMAGE if not (ROOT / name).exists()] == []
    assert "*" in IGNORED and not IN_IMAGE & {"tests", "instance", ".env"}


def test_images_come_from_no_named_registry():
    named = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    named += [service["image"] for service in COMPOSE["services"].values()]

    assert [name for name in named if "." in name.split("/")[0] and "/" in name] == []
    assert [name for name in named if name != "calls" and ":" not in name] == []


def test_compose_runs_every_part_with_one_environment():
    ours = {name: each for name, each in COMPOSE["services"].items() if each["image"] == "calls"}

    assert {each["command"][0] for each in ours.values()} == ALONE
    assert {each["env_file"] for each in ours.values()} == {".env"}
    assert all(each["read_only"] and each["cap_drop"] == ["ALL"] for each in ours.values())
    # What it is called by is believed about the visitor only from its own machine.
    assert COMPOSE["services"]["proxy"]["network_mode"] == "service:web"
    assert {"HOST", "PORT"} & set(read_env_file(DEPLOY / "calls.env.example")) == set()


def test_proxy_takes_what_we_take_and_waits_for_our_streams():
    hooks = NGINX.split("location /hooks/ {")[2]
    stream = NGINX.split("location ~ ^/(console|embed/[0-9]+)/stream$ {")[1]

    assert hooks.split()[:2] == ["client_max_body_size", f"{LARGEST_BODY // 1024}k;"]
    assert stream.split()[:2] == ["proxy_buffering", "off;"]
    assert int(re.search(r"proxy_read_timeout (\d+)s;", stream)[1]) > 2 * HEARTBEAT_SECONDS
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in NGINX
    assert "$proxy_add_x_forwarded_for" not in NGINX


def test_proxy_logs_no_address_that_is_a_key():
    hidden = re.search(r"~\^/\(([a-z|]+)\)\(/\|\$\) 0;", NGINX)[1].split("|")
    layout = re.search(r"log_format calls (.*?);", NGINX, re.DOTALL)[1]

    assert set(hidden) == {"hooks", "invitations", "recordings"}
    assert {"$request ", "$args", "$request_uri", "$http_referer"} & set(layout.split()) == set()
    assert "if=$calls_logged;" in NGINX and "calls-error.log crit;" in NGINX


# Linters of others


@pytest.fixture
def here(tmp_path):
    """The units as they would stand here: the project's folder is this one."""
    shutil.copytree(SYSTEMD, tmp_path / "units")
    for path in (tmp_path / "units").rglob("*.*"):
        if path.is_file():
            path.write_text(path.read_text().replace(HOME, str(ROOT)))
    return tmp_path / "units"


def run(*words, **options):
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, **options)
    return done.returncode, done.stdout + done.stderr


def test_systemd_finds_nothing_wrong(here):
    program = need.linter("systemd-analyze")
    units = [str(here / path.name.replace("@.", "@1.")) for path in UNITS]
    for template in here.glob("*@.service"):
        shutil.copy(template, here / template.name.replace("@.", "@1."))

    assert run(program, "verify", "--man=no", *units) == (0, "")


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_service_may_do_little(path, tmp_path):
    program = need.linter("systemd-analyze")
    shutil.copytree(SYSTEMD, tmp_path / "etc/systemd/system")
    name = path.name.replace("@.", "@1.")
    words = ("security", "--no-pager", "--offline=true", f"--root={tmp_path}", name)

    code, told = run(program, *words)

    assert code == 0, told
    assert float(re.search(r"exposure level for \S+: ([\d.]+)", told)[1]) < LOOSEST


def test_nginx_takes_the_configuration(tmp_path):
    program = need.linter("nginx")
    issuer = make_issuer(tmp_path)
    issuer.server_context("calls.example.com")  # writes the file with both
    both = str(tmp_path / "calls.example.com.pem")
    site = re.sub(r"/etc/nginx/tls/calls\.(pem|key)", both, NGINX)
    site = site.replace("/var/log/nginx", str(tmp_path))
    site = re.sub(r"listen (\[::\]:)?(80|443)", r"listen \g<1>2\g<2>0", site)
    folders = "".join(
        f"{kind}_temp_path {tmp_path}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    head = f"pid {tmp_path}/pid; error_log {tmp_path}/error; events {{}}"
    (tmp_path / "nginx.conf").write_text(f"{head} http {{ {folders} {site} }}")

    code, told = run(program, "-t", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf"))

    assert code == 0 and "test is successful" in told, told


def test_hadolint_finds_nothing_wrong_with_the_image():
    assert run(need.linter("hadolint"), str(DEPLOY / "Dockerfile")) == (0, "")


def test_compose_file_keeps_to_its_schema():
    program = need.linter("check-jsonschema")
    words = ("--builtin-schema", "vendor.compose-spec", str(DEPLOY / "compose.yaml"))

    code, told = run(program, *words)

    assert code == 0, told


def test_console_of_the_image_is_python():
    """The health checks of image and compose file are programs that can be read."""
    in_image = re.search(r'CMD \["python", "-c", "(.+)"\]', DOCKERFILE)[1]
    in_compose = COMPOSE["services"]["web"]["healthcheck"]["test"][-1]

    assert in_image == in_compose
    assert ast.parse(in_image)
