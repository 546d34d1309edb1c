"""`python -m tests.page.screenshot PAGE.html OUT.png`: a page's first screen, for the docs."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.page.checks import CHROMIUM

_SCREEN = {"width": 1100, "height": 1400}


def main() -> None:
    """Take it."""
    source, out = map(Path, sys.argv[1:])
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport=_SCREEN)  # type: ignore[arg-type]
        page.goto(source.resolve().as_uri())
        page.screenshot(path=out)
        browser.close()


if __name__ == "__main__":
    main()
