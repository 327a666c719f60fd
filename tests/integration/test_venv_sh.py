"""What run.sh and test.sh do before they start, with a pretended Python that notes its calls."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from runtime.config import ROOT

# Makes a folder of itself for `-m venv`, fails `-m pip` if there is a file "no-network".
PYTHON = """#!/bin/sh
case "$1 $2" in
    "-m venv") shift 2; echo venv >>"$LOG"; for last; do :; done
               mkdir -p "$last/bin"; cp "$0" "$last/bin/python" ;;
    "-m pip") echo "pip $*" >>"$LOG"; sleep 0.3; [ ! -e "$LOG.no-network" ] ;;
esac
"""
COMMAND = '. "$1/.ci/venv.sh"; prepare_venv "$1" requirements.txt'


@pytest.fixture
def project(tmp_path):
    root = tmp_path / "my project"
    for folder in (root / ".ci", tmp_path / "bin"):
        folder.mkdir(parents=True)
    (root / ".ci" / "venv.sh").write_text((ROOT / ".ci" / "venv.sh").read_text())
    (root / "requirements.txt").write_text("a==1\n")
    python = tmp_path / "bin" / "python3.12"
    python.write_text(PYTHON)
    python.chmod(0o755)
    return root


def begin(project, *, path="/usr/bin:/bin"):
    folder = project.parent
    path = f"{folder / 'bin'}:{path}"
    return subprocess.Popen(
        ["/bin/sh", "-euc", COMMAND, "sh", str(project)],
        env={"PATH": path, "LOG": str(folder / "log")},
        stderr=subprocess.PIPE,
        text=True,
        cwd="/",
    )


def prepare(project, **how):
    process = begin(project, **how)
    _, errors = process.communicate(timeout=20)
    return process.returncode, errors


def calls(project):
    log = project.parent / "log"
    return [line.split()[0] for line in log.read_text().splitlines()] if log.exists() else []


def test_first_start_installs_with_hashes_and_the_second_does_nothing(project):
    first = prepare(project)

    second = prepare(project)

    assert first[0] == second[0] == 0
    assert calls(project) == ["venv", "pip"]
    assert "--require-hashes --no-deps" in (project.parent / "log").read_text()
    assert second[1] == ""


def test_changed_lock_is_installed_into_the_same_venv(project):
    prepare(project)
    (project / "requirements.txt").write_text("a==2\n")

    prepare(project)

    assert calls(project) == ["venv", "pip", "pip"]


def test_two_starts_at_once_install_once(project):
    starts = [begin(project) for _ in range(3)]

    codes = [(start.communicate(timeout=20), start.returncode)[1] for start in starts]

    assert codes == [0, 0, 0]
    assert calls(project) == ["venv", "pip"]


def test_failed_install_is_told_and_tried_again(project):
    no_network = project.parent / "log.no-network"
    no_network.touch()

    code, errors = prepare(project)
    no_network.unlink()

    assert code == 1
    assert "could not be installed" in errors
    assert prepare(project)[0] == 0
    assert calls(project) == ["venv", "pip", "pip"]


@pytest.fixture
def bare_path(tmp_path):
    """A folder for PATH with neither flock nor a real Python in it."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("mkdir", "rmdir", "cp", "cksum", "tr", "basename", "rm", "sleep", "sh"):
        (tools / name).symlink_to(shutil.which(name))
    return str(tools)


def test_starts_at_once_install_once_also_without_flock(project, bare_path):
    starts = [begin(project, path=bare_path) for _ in range(2)]

    codes = [(start.communicate(timeout=20), start.returncode)[1] for start in starts]

    assert codes == [0, 0]
    assert calls(project) == ["venv", "pip"]
    assert not (project / ".venv-lock").exists()


def test_missing_python_is_told(project, bare_path):
    (project.parent / "bin" / "python3.12").unlink()

    code, errors = prepare(project, path=bare_path)

    assert code == 1
    assert "Python 3.11 or newer" in errors
