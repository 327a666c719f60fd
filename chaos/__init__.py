"""The fault campaign: the real product, both simulators, faults by a seed, an independent count.

`python -m chaos --help`; what it does and what counts: docs/fault-campaign.md.
"""
