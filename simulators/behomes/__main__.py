"""Command line: python -m simulators.behomes --port N [--host H] [--seed demo|empty]."""

from __future__ import annotations

import sys

from aiohttp import web

from simulators import kit
from simulators.behomes.api import Crm, add_crm
from simulators.behomes.board import add_board
from simulators.behomes.control import add_control
from simulators.behomes.seeds import seeded_world
from simulators.behomes.wrongs import KNOWN


def main() -> int:
    parser = kit.parser("Simulator of the Behomes CRM, with faults on demand")
    parser.add_argument("--seed", choices=("demo", "empty"), default="demo")
    args = parser.parse_args()
    app = web.Application()
    faults = kit.Faults(KNOWN, seed=args.fault_seed)
    log = kit.RequestLog(args.request_log)
    crm = Crm(seeded_world(args.seed), faults=faults, log=log)
    add_crm(app, crm)
    kit.add_controls(app, faults=faults, log=log)
    add_control(app, crm, seed=args.seed)
    add_board(app, crm)
    return kit.serve(app, host=args.host, port=args.port)


if __name__ == "__main__":
    sys.exit(main())
