"""Recordings and tags of a call."""

from __future__ import annotations

from dataclasses import dataclass

from rules.material import Material
from rules.members import list_of, seconds_of, text_of


@dataclass(frozen=True)
class Recording:
    url: str
    seconds: int | None = None


def recordings(material: Material) -> tuple[Recording, ...]:
    """All recordings, in the order in which they became ready; the report's only if none came."""
    found: dict[str, int | None] = {}
    for _, event in material.timed:
        link = text_of(event.members, "file_link")
        if link:
            seconds = seconds_of(event.members, "file_duration")
            found[link] = found.get(link) if seconds is None else seconds
    if found:
        return tuple(Recording(link, seconds) for link, seconds in found.items())
    full = text_of(material.members, "full_record_file_link")
    told = list_of(material.members, "record_file_links") or ([full] if full else [])
    return tuple(Recording(link) for link in dict.fromkeys(told or material.report.record_links))


def tags(material: Material) -> tuple[str, ...]:
    """Every tag that was told, in the order in which they were put."""
    found: dict[str, None] = {}
    for _, event in material.timed:
        found.update(dict.fromkeys(list_of(event.members, "tag_names")))
    found.update(dict.fromkeys(material.report.tags))
    return tuple(found)
