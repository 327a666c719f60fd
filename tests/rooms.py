"""Which room of the project may import which."""

from __future__ import annotations

MAY_IMPORT = {
    "rules": set(),
    "clients": {"rules"},
    "forms": {"rules"},
    "models": {"rules"},
    "services": {"rules", "clients", "models"},
    "jobs": {"services", "models", "clients"},
    "blueprints": {"forms", "services", "models", "rules", "jobs"},
    "simulators": set(),
    "migrations": {"models"},
    "runtime": {"app", "jobs", "services", "models", "clients", "rules"},
    "bench": {"app", "runtime", "jobs", "services", "models", "rules"},
    "chaos": {"bench", "tests", "runtime", "services", "models", "clients"},
    "fuzz": {"bench", "clients", "rules"},
    "mutation": set(),
}
