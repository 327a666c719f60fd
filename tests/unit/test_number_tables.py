from __future__ import annotations

from models import db
from services.number_tables import EXEMPT, KEYED, SWEPT


def test_every_table_says_where_a_number_can_stand():
    """A new table is swept, or it is said why it holds no client's number."""
    known = [*(table.name for table in SWEPT), *KEYED, *EXEMPT]

    assert sorted(known) == sorted(table.name for table in db.metadata.sorted_tables)


def test_what_is_swept_is_gone_through_by_its_ids():
    assert all("id" in table.c for table in SWEPT)
