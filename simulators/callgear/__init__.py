"""The cloud PBX CallGear as a small HTTP server with faults, built from its reference document.

Start it with `python -m simulators.callgear --port N`. How it is steered: `control.py`.
"""

from __future__ import annotations
