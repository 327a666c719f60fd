"""Forking children that cannot outlive us."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import signal
import sys
from collections.abc import Callable

NICENESS = 5
PR_SET_PDEATHSIG = 1
PR_SET_NAME = 15
OURS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD, signal.SIGUSR1)

logger = logging.getLogger(__name__)


class StopFlag:
    """Set by a signal handler, looked at by long work. An Event's lock could deadlock there."""

    def __init__(self) -> None:
        self._is_set = False

    def set(self) -> None:
        self._is_set = True

    def is_set(self) -> bool:
        return self._is_set


def fork(name: str, body: Callable[[], None]) -> int:
    """Run `body` in a forked child with its own session; the child's process id.

    The child dies with us. Its exit code is 0, what SystemExit says, or 1 after an exception.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    parent = os.getpid()
    # A signal that came between the fork and the reset would be told to the parent's socket.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, OURS)
    pid = os.fork()
    if pid == 0:
        _be_child(name, body, parent)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return pid


def _be_child(name: str, body: Callable[[], None], parent: int) -> None:
    code = 1
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        for number in OURS:
            signal.signal(number, signal.SIG_DFL)
        die_with_parent(parent)
        set_name(name)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        body()
        code = 0
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except KeyboardInterrupt:
        code = 130
    except Exception:
        logger.exception("%s failed", name)
    finally:
        # Not sys.exit: the parent's frames and its exit handlers are not ours.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def die_with_parent(parent: int) -> None:
    """Ask the kernel to kill us when our parent dies. Without effect where there is no prctl."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def set_name(name: str) -> None:
    """The name that `ps -o comm` and `top` show; 15 bytes at most."""
    _prctl(PR_SET_NAME, ctypes.c_char_p(name.encode()[:15]))


def is_running(pid: int) -> bool:
    """False once the child has ended; then it is reaped."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == 0
    except ChildProcessError:
        return False


def wait_for(pid: int) -> None:
    """Reap a child that has been killed."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)


def kill_group(pid: int) -> None:
    """Kill a child's process group: the child, or what it has left behind."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError):
            kill(pid, signal.SIGKILL)
            return


def _prctl(option: int, value: object) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def step_back() -> None:
    """Let the web go first where processors are short: notifications are answered at once, the
    work on them may wait a moment."""
    os.nice(NICENESS)
