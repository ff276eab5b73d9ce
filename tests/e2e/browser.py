"""A real browser for tests of the pages: the system's Chromium, or the one that Playwright has installed."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
WORST = ("serious", "critical")
DESK, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 844}
TALLEST = 1_600
SCREENSHOTS = Path(__file__).resolve().parents[2] / "docs" / "screenshots"


@contextmanager
def a_browser() -> Iterator[Browser]:
    """Started and closed again; without one the test is skipped with a line that says so."""
    with sync_playwright() as playwright:
        path = _path(playwright)
        if path is None:
            pytest.skip("no browser: install Debian's chromium, or run `playwright install chromium`")
        browser = playwright.chromium.launch(executable_path=path, args=OPTIONS)
        try:
            yield browser
        finally:
            browser.close()


def _path(playwright: Playwright) -> str | None:
    own = playwright.chromium.executable_path
    return next(filter(None, map(shutil.which, NAMES)), own if Path(own).exists() else None)


def a_person(browser: Browser, url: str, **looks: Any) -> Page:
    """Somebody at the page; no request may leave for another host. `storage_state`: the session of who has signed in."""
    context = browser.new_context(**{"locale": "en-CA", "viewport": DESK, "reduced_motion": "reduce", **looks})
    context.set_default_timeout(15_000)
    _stay_at_home(context, url)
    return context.new_page()


def _stay_at_home(context: BrowserContext, *homes: str) -> None:
    def leaves(address: str) -> bool:
        return not address.startswith((*homes, "data:"))

    def refuse(route: Any) -> None:
        route.abort()
        raise AssertionError(f"the page asks another host: {route.request.url}")

    context.route(leaves, refuse)


def faults_of(page: Page) -> list[str]:
    """What axe finds serious about the page."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {one['help']} at {[node['target'] for node in one['nodes']][:3]}"
        for one in found if one["impact"] in WORST
    ]  # fmt: skip


def shoot(page: Page, name: str) -> None:
    """Keep a picture of the page in docs/screenshots, when SCREENSHOTS asks for it; small where pngquant is installed."""
    if not os.environ.get("SCREENSHOTS"):
        return
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    path = SCREENSHOTS / f"{name}.png"
    before = page.viewport_size or DESK
    height = min(page.evaluate("document.documentElement.scrollHeight"), TALLEST)
    page.set_viewport_size({"width": before["width"], "height": max(height, before["height"])})
    page.screenshot(path=str(path))
    page.set_viewport_size(before)
    if shutil.which("pngquant"):
        subprocess.run(["pngquant", "--force", "--ext", ".png", "--quality", "60-90", str(path)], check=True)


def fits(page: Page) -> bool:
    """Whether nothing sticks out to the right."""
    width = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    return bool(page.evaluate(width))
