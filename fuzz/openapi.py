"""Try the API against its own description by schemathesis, on the real server.

Requests as the document allows them and as it forbids them: each answer must be one that the
document names, in its shape, and none may be an error of ours.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from bench.stack import crm_simulator, integration_file, new_stack
from fuzz.http import own_errors

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_schema_conformance,response_headers_conformance,missing_required_header,"
    "unsupported_method,ignored_auth,negative_data_rejection"
)


def command(url: str, key: str, examples: int, seed: int) -> list[str]:
    """What to run: schemathesis stands beside our Python."""
    return [
        str(Path(sys.executable).with_name("schemathesis")),
        "run",
        f"{url}/api/openapi.json",
        f"--url={url}",
        f"--header=Authorization: Bearer {key}",
        f"--checks={CHECKS}",
        f"--max-examples={examples}",
        f"--seed={seed}",
        "--phases=examples,coverage,fuzzing",
        "--no-color",
    ]


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="fuzz openapi", description=__doc__)
    parser.add_argument("--examples", type=int, default=300, help="per operation")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(words)
    with crm_simulator() as crm, new_stack(crm.url) as stack:
        stack.start()
        document = json.dumps(integration_file(crm.url))
        key = json.loads(stack.command("integrations", "create", "-", given=document))["api_key"]
        url = f"http://127.0.0.1:{stack.port}"
        began = time.monotonic()
        done = subprocess.run(
            command(url, key, options.examples, options.seed),
            env={**os.environ, "NO_PROXY": "*"},
            cwd=stack.folder,
        )
        said = own_errors(stack.folder)
    print(f"{time.monotonic() - began:.0f} s; lines of errors in the log: {len(said)}")
    for line in said[:20]:
        print(f"  WRONG {line[:600]}")
    if done.returncode or said:
        raise SystemExit(1)
