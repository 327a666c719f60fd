from __future__ import annotations

import pytest

from rules.keys import client_contact, client_key, reference_prefix, session_key, task_contact


@pytest.mark.parametrize(
    ("make", "parts", "expected"),
    [
        pytest.param(session_key, ("lead", 3, "700"), "i3|lead|700", id="lead"),
        pytest.param(
            session_key, ("task", 3, "700", "lost_incoming"), "i3|task|700|lost_incoming", id="task"
        ),
        pytest.param(client_key, ("acc_1", "hash", 1), "acc_1|client|hash|1", id="client"),
        pytest.param(client_contact, ("acc_1", "hash"), "acc_1|client|hash", id="contact"),
        pytest.param(task_contact, (3, "c_1", "hash"), "i3|task|c:c_1", id="tasks-of-a-client"),
        pytest.param(task_contact, (3, None, "hash"), "i3|task|p:hash", id="tasks-of-a-phone"),
    ],
)
def test_business_key(make, parts, expected):
    assert make(*parts) == expected


def test_a_new_generation_of_a_client_is_another_key_of_the_same_contact():
    first, second = client_key("acc_1", "hash", 1), client_key("acc_1", "hash", 2)

    assert first != second
    assert first.startswith(client_contact("acc_1", "hash"))
    assert second.startswith(client_contact("acc_1", "hash"))


@pytest.mark.parametrize(
    ("kind", "prefix"),
    [("call", "cg-call-"), ("recording", "cg-call-"), ("lead", "cg-"), ("client", "cg-")],
)
def test_references_of_calls_are_told_from_those_of_entities(kind, prefix):
    assert reference_prefix(kind) == prefix
