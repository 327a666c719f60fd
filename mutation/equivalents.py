"""Mutants that change nothing anybody could notice: name -> hash of their function, and why.

When the function changes its mutants are numbered anew: with another hash an entry does not count,
and the mutant is to be judged again. The hash stands beside the mutants in the `.meta` file.
"""

from __future__ import annotations

EQUIVALENT: dict[str, tuple[str, str]] = {
    "rules.decide.x_due_sides__mutmut_33": (
        "3f1b74ac4d1a",
        "without the second bit `may_decide` holds only with the first one, so 1 is set already",
    ),
    "services.carry_out.x__settle__mutmut_12": (
        "90f30ed9ae22",
        "None instead of an empty tuple: it is only asked whether something was found",
    ),
    "services.carry_out.x__settle__mutmut_27": (
        "90f30ed9ae22",
        "the number only stands in for a missing moment, beside others that miss theirs too",
    ),
}
