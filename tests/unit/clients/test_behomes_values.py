from __future__ import annotations

import pytest

from clients.behomes_values import client

NAMES = "id name phones responsible_user_id url created_at custom_fields open_leads open_deals"
ROW = dict.fromkeys([*NAMES.split(), "external_id"])


@pytest.mark.parametrize(
    ("told", "link"),
    [
        ("https://crm.example.com/c/1", "https://crm.example.com/c/1"),
        (" HTTP://crm.example.com/c/1", "HTTP://crm.example.com/c/1"),
        ("javascript:alert(1)", None),
        ("data:text/html,<script>", None),
        ("//crm.example.com/c/1", None),
        ("", None),
        (None, None),
    ],
)
def test_only_addresses_of_pages_are_links(told, link):
    row = ROW | {"id": "c_1", "url": told, "open_leads": (), "open_deals": ()}

    assert client(row).url == link
