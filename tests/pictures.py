"""Pictures for the documents, taken by the tests that walk through the pages.

Only if the environment variable SCREENSHOTS names a folder (`make screenshots`); else taking a
picture does nothing. Pictures have a palette of 256 colours: a third of the size.
"""

from __future__ import annotations

import base64
import os
import struct
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from playwright.sync_api import Page

FOLDER = os.environ.get("SCREENSHOTS", "")
IS_ASKED = bool(FOLDER)
MARGIN = 24
SCROLL = """(wanted) => {
  const found = wanted && document.querySelector(wanted);
  scrollTo(0, found ? found.getBoundingClientRect().top + scrollY - 72 : 0);
}"""
TIDY = "document.querySelectorAll('.toast').forEach((toast) => toast.remove())"
FOOT = """(whole) => {
  const parts = [...document.querySelectorAll("main > *")];
  const foot = Math.max(...parts.map((part) => part.getBoundingClientRect().bottom));
  return Math.ceil(foot + (whole ? scrollY : 0));
}"""

# In the browser, where it is quick: the most frequent colours that differ from one another, so that
# the many greys of letters leave room for small signs; each pixel becomes the nearest of them.
QUANTISE = """async (source) => {
  const FAR = 9;
  const image = new Image();
  image.src = source;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const data = context.getImageData(0, 0, image.width, image.height).data;
  const counts = new Map();
  for (let at = 0; at < data.length; at += 4) {
    const colour = (data[at] << 16) | (data[at + 1] << 8) | data[at + 2];
    counts.set(colour, (counts.get(colour) || 0) + 1);
  }
  const sorted = [...counts].sort((a, b) => b[1] - a[1]).map((one) => one[0]);
  const part = (colour, shift) => (colour >> shift) & 255;
  const isFar = (colour, other) =>
    [16, 8, 0].reduce((sum, at) => sum + Math.abs(part(colour, at) - part(other, at)), 0) > FAR;
  const chosen = [];
  for (const colour of sorted) {
    if (chosen.length < 256 && chosen.every((other) => isFar(colour, other))) chosen.push(colour);
  }
  const nearest = new Map(chosen.map((colour, index) => [colour, index]));
  const find = (colour) => {
    let best = 0, least = Infinity;
    chosen.forEach((other, index) => {
      const red = (colour >> 16) - (other >> 16);
      const green = ((colour >> 8) & 255) - ((other >> 8) & 255);
      const blue = (colour & 255) - (other & 255);
      const distance = red * red + green * green + blue * blue;
      if (distance < least) { least = distance; best = index; }
    });
    nearest.set(colour, best);
    return best;
  };
  let indices = "";
  for (let at = 0; at < data.length; at += 4) {
    const colour = (data[at] << 16) | (data[at + 1] << 8) | data[at + 2];
    indices += String.fromCharCode(nearest.get(colour) ?? find(colour));
  }
  return {width: image.width, height: image.height, colours: chosen, indices: btoa(indices)};
}"""


def take(
    page: Page,
    name: str,
    *,
    at: str | None = None,
    whole: bool = False,
    instead: Mapping[str, str] | None = None,
) -> None:
    """Save the window as `<name>.png`, without messages and what is empty below the content.

    `at` is scrolled to first, `whole` takes the page down to its end; `instead` has what a picture
    shows in the place of values that differ each time.
    """
    if not IS_ASKED:
        return
    path = Path(FOLDER) / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    page.mouse.move(0, 0)
    page.evaluate(SCROLL, at)
    page.evaluate(TIDY)
    for selector, text in (instead or {}).items():
        page.locator(selector).evaluate("(field, text) => { field.value = text }", text)
    size = page.viewport_size
    assert size is not None
    foot = page.evaluate(FOOT, whole) + MARGIN
    height = foot if whole else min(size["height"], foot)
    raw = page.screenshot(
        full_page=whole,
        clip={"x": 0, "y": 0, "width": size["width"], "height": height},
        animations="disabled",
        caret="hide",
        scale="css",
    )
    path.write_bytes(_with_palette(page, raw))


def _with_palette(page: Page, raw: bytes) -> bytes:
    """The same picture with at most 256 colours."""
    blank = page.context.new_page()  # free of our pages' content policy
    made = blank.evaluate(QUANTISE, "data:image/png;base64," + base64.b64encode(raw).decode())
    blank.close()
    width, height = made["width"], made["height"]
    indices = base64.b64decode(made["indices"])
    rows = b"".join(
        b"\0" + indices[start : start + width] for start in range(0, width * height, width)
    )
    palette = b"".join(colour.to_bytes(3, "big") for colour in made["colours"])
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = (
        (b"IHDR", header),
        (b"PLTE", palette),
        (b"IDAT", zlib.compress(rows, 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunks(parts))


def _chunks(parts: tuple[tuple[bytes, bytes], ...]) -> Iterator[bytes]:
    for kind, data in parts:
        yield (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )
