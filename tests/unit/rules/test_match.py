from __future__ import annotations

from datetime import UTC, datetime

import pytest

from rules.crm import Client, OpenItem
from rules.match import choose_client
from rules.phones import normalise
from rules.reasons import Code

PHONE = normalise("971501234567", country="AE")


def client(name, *, year=2020, phones=("+971501234567",), **more):
    created_at = datetime(year, 1, 1, tzinfo=UTC) if year else None
    return Client(name, phones=tuple(phones), created_at=created_at, **more)


OPEN = (OpenItem("x_1"),)


@pytest.mark.parametrize(
    ("hits", "chosen", "code", "others"),
    [
        pytest.param([], None, Code.CLIENT_NOT_FOUND, None, id="none"),
        pytest.param([client("c_1")], "c_1", Code.CLIENT_FOUND, None, id="one"),
        pytest.param([client("c_1")] * 3, "c_1", Code.CLIENT_FOUND, None, id="one-three-times"),
        pytest.param(
            [client("c_1", year=2022), client("c_2", year=2021)],
            "c_2",
            Code.CLIENT_CHOSEN_OLDEST,
            ["c_1"],
            id="oldest",
        ),
        pytest.param(
            [client("c_1", year=2021), client("c_2", year=2022, open_deals=OPEN)],
            "c_2",
            Code.CLIENT_CHOSEN_OPEN_ITEM,
            ["c_1"],
            id="the-one-with-an-open-deal",
        ),
        pytest.param(
            [client("c_1", year=2021), client("c_2", year=2022, open_leads=OPEN)],
            "c_2",
            Code.CLIENT_CHOSEN_OPEN_ITEM,
            ["c_1"],
            id="the-one-with-an-open-lead",
        ),
        pytest.param(
            [
                client("c_1", year=2020),
                client("c_2", year=2022, open_leads=OPEN),
                client("c_3", year=2021, open_deals=OPEN),
            ],
            "c_1",
            Code.CLIENT_CHOSEN_OLDEST,
            ["c_2", "c_3"],
            id="two-with-open-items-leave-the-oldest-of-all",
        ),
        pytest.param(
            [client("c_1", year=None), client("c_2", year=2024)],
            "c_2",
            Code.CLIENT_CHOSEN_OLDEST,
            ["c_1"],
            id="of-unknown-age-is-young",
        ),
        pytest.param(
            [client("c_10", year=None), client("c_9", year=None)],
            "c_9",
            Code.CLIENT_CHOSEN_OLDEST,
            ["c_10"],
            id="smaller-id-is-older",
        ),
    ],
)
def test_choice(hits, chosen, code, others):
    match = choose_client(hits, PHONE, country="AE")

    assert (match.client.id if match.client else None) == chosen
    assert match.reasons[-1].code is code
    assert match.reasons[-1].values.get("others") == others


def test_the_order_of_the_hits_does_not_matter():
    hits = [client("c_1", year=2021), client("c_2", year=2021), client("c_3", year=2022)]

    assert choose_client(hits, PHONE, country="AE") == choose_client(
        hits[::-1], PHONE, country="AE"
    )


@pytest.mark.parametrize(
    ("phones", "is_ours"),
    [
        pytest.param(["+971501234567"], True, id="same"),
        pytest.param(["050 123 45 67"], True, id="national"),
        pytest.param(["+12025550143", "971-50-123-4567"], True, id="second-number"),
        pytest.param(["+9715012345678"], False, id="one-digit-more"),
        pytest.param(["+79501234567"], False, id="only-the-last-nine-digits"),
        pytest.param([], False, id="no-number"),
        pytest.param(["", "n/a"], False, id="no-numbers"),
    ],
)
def test_a_loose_search_never_attaches_a_stranger(phones, is_ours):
    match = choose_client([client("c_1", phones=phones)], PHONE, country="AE")

    assert (match.client is not None) is is_ours
    assert (match.reasons[0].code is Code.HITS_REJECTED) is not is_ours


def test_strangers_do_not_count_among_several():
    stranger = client("c_1", year=2010, phones=["+12025550143"], open_deals=OPEN)

    match = choose_client([stranger, client("c_2")], PHONE, country="AE")

    assert match.client.id == "c_2"
    assert [(each.code, dict(each.values)) for each in match.reasons] == [
        (Code.HITS_REJECTED, {"count": 1}),
        (Code.CLIENT_FOUND, {"client_id": "c_2"}),
    ]


def test_a_raw_number_matches_by_its_exact_digits():
    raw = normalise("990000123", country="AE")

    assert choose_client([client("c_1", phones=["990000123"])], raw, country="AE").client
    assert not choose_client([client("c_1", phones=["1990000123"])], raw, country="AE").client
