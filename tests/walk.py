"""How a test walks through our pages as a person does: by the labels that the person sees."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from babel.support import NullTranslations, Translations
from playwright.sync_api import Page, expect

from runtime.config import ROOT
from tests import pictures


@cache
def catalogue(locale: str) -> NullTranslations:
    return Translations.load(str(ROOT / "translations"), [locale])


@dataclass(frozen=True)
class Walk:
    """A person at a page, who reads it in one language."""

    page: Page
    locale: str

    def say(self, text: str, **values: Any) -> str:
        """A text of ours as this person sees it."""
        said: str = catalogue(self.locale).gettext(text)
        return said % values if values else said

    def say_of(self, context: str, text: str) -> str:
        """The same for a text with a context."""
        said = catalogue(self.locale).pgettext(context, text)
        return str(said)

    @contextmanager
    def told(self) -> Iterator[None]:
        """Whatever goes wrong is told with what the person sees then."""
        try:
            yield
        except Exception as error:
            seen = self.page.locator("main").inner_text(timeout=2_000)
            error.add_note(f"seen at {self.page.url}:\n{seen[:1500]}")
            raise

    def press(self, label: str, *, exact: bool = False) -> None:
        main = self.page.locator("main")
        found = main.get_by_role("button", name=self.say(label), exact=exact)
        found.filter(visible=True).first.click()

    def follow(self, label: str, *, within: str = "main", **values: Any) -> None:
        """Click a link."""
        found = self.page.locator(within).get_by_role("link", name=self.say(label, **values))
        found.filter(visible=True).first.click()

    def fill(self, label: str, text: str) -> None:
        self.page.get_by_label(self.say(label), exact=True).fill(text)

    def choose(self, option: str, label: str) -> None:
        """Choose the radio with this id, which must have this label."""
        row = self.page.locator("label.option", has=self.page.locator(f"#{option}"))
        expect(row).to_contain_text(self.say(label))
        row.locator("input").check()

    def see(
        self, text: str, *, within: str = "main", timeout: float | None = None, **values: Any
    ) -> None:
        expect(self.page.locator(within).first).to_contain_text(
            self.say(text, **values), timeout=timeout
        )

    def picture(self, name: str, **how: Any) -> None:
        """Take the picture of a document, if pictures are asked for."""
        pictures.take(self.page, f"{self.locale}/{name}", **how)
