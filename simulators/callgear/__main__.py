"""Command line of the CallGear simulator."""

from __future__ import annotations

import sys

from simulators import kit
from simulators.callgear.app import create_app


def main() -> int:
    args = kit.parser("Simulator of the cloud PBX CallGear").parse_args()
    app = create_app(fault_seed=args.fault_seed, request_log=args.request_log)
    return kit.serve(app, host=args.host, port=args.port)


if __name__ == "__main__":
    sys.exit(main())
