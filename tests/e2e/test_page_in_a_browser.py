"""A morning at the page, in a real browser: the whole service runs, against the sandbox's shop."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from sandbox.demo import next_moment
from sandbox.demo_service import STORE, Service, Shopfloor
from tests.e2e.browser import a_browser, a_person, faults_of, fits, shoot

pytestmark = pytest.mark.timeout(600)
START = datetime(2026, 11, 2, 8, tzinfo=UTC)
SCENARIO = {
    "seed": 5, "pos": "heartland", "hours": 4, "orders": 240, "latency": {"median_s": 30, "p99_s": 120}, "declared": {},
    "faults": [
        {"cause": "archived_orders_off", "from_h": 1.0, "until_h": 3.0},
        {"cause": "customer_incomplete", "share": 0.01}, {"cause": "total_differs", "share": 0.02},
        {"cause": "test_order", "share": 0.01},
    ],
    "touch": "works",
}  # fmt: skip
BROKEN_UNTIL = START + timedelta(hours=2, minutes=50)
SCREENS = {
    "overview": "/", "incidents": "/incidents", "incident": "/incidents/1", "orders": "/orders?standing=missing",
    "checklist": f"/checks/{STORE}", "statement": f"/statement/{STORE}", "deliveries": "/deliveries",
    "activity": "/activity", "settings": f"/settings/{STORE}", "connect": "/connect",
}  # fmt: skip


class Morning:
    """A shop whose connector passes archived orders by, in a mode that asks before each touch."""

    def __init__(self, folder: Path) -> None:
        self.floor, self.service = Shopfloor(folder), Service(folder)

    def begin(self) -> None:
        self.floor.open(SCENARIO, START, self.service.url)
        self.service.start(self.floor)
        answer = requests.put(
            f"{self.service.url}/api/v1/stores/{STORE}/mode", json={"mode": "assist"}, timeout=10,
            headers={"Authorization": f"Bearer {self.service.token}"},
        )  # fmt: skip
        assert answer.ok, answer.text
        self.play(BROKEN_UNTIL)

    def play(self, until: datetime) -> None:
        """Let the shop's clock run on, from one thing that happens to the next."""
        while self.floor.now < until:
            self.floor.advance(min(next_moment(self.floor, self.service), until))
            self.service.wait_until_idle()

    def pass_minutes(self, minutes: int) -> None:
        self.play(self.floor.now + timedelta(minutes=minutes))

    def close(self) -> None:
        self.service.stop()
        self.floor.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with a_browser() as made:
        yield made


@pytest.fixture(scope="module")
def morning(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Morning]:
    made = Morning(tmp_path_factory.mktemp("morning"))
    try:
        made.begin()
        yield made
    finally:
        made.close()


@pytest.fixture
def page(browser: Browser, morning: Morning) -> Iterator[Page]:
    """An admin who has just signed in."""
    made = a_person(browser, morning.service.url, morning.service.token)
    yield made
    made.context.close()


def go(page: Page, morning: Morning, path: str) -> None:
    answer = page.goto(f"{morning.service.url}{path}")
    assert answer is not None
    assert answer.status == 200, path


# --- looking ---------------------------------------------------------------------------------------------------------


def test_the_overview_says_what_is_broken_and_what_to_do(page: Page) -> None:
    expect(page.locator("h1")).to_contain_text("incident")
    card = page.locator("article", has_text="archived orders").first
    expect(card).to_contain_text("Advanced settings > Orders")
    expect(page.locator("svg.chart")).to_have_count(2)
    assert page.locator("svg.chart rect").count() > 3
    assert page.locator("svg.chart circle").count() > 3


@pytest.mark.parametrize("name", SCREENS)
def test_every_screen_is_sound(page: Page, morning: Morning, name: str) -> None:
    problems: list[str] = []
    page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    go(page, morning, SCREENS[name])
    shoot(page, name)
    assert faults_of(page) == []
    assert fits(page)
    assert problems == []


def test_one_order_is_shown_side_by_side(page: Page, morning: Morning) -> None:
    go(page, morning, "/orders?standing=differs")
    page.locator("tbody th a").first.click()
    expect(page.locator("tr.off").first).to_be_visible()
    expect(page.get_by_role("link", name="Open in Shopify")).to_be_visible()
    assert faults_of(page) == []
    shoot(page, "order")


@pytest.mark.parametrize("name", SCREENS)
def test_dark_on_a_phone(browser: Browser, morning: Morning, name: str) -> None:
    phone = a_person(
        browser, morning.service.url, morning.service.token, color_scheme="dark", viewport={"width": 390, "height": 844}
    )
    go(phone, morning, SCREENS[name])
    assert fits(phone), phone.evaluate("document.documentElement.scrollWidth")
    assert faults_of(phone) == []
    if name in ("overview", "orders"):
        shoot(phone, f"{name}-phone-dark")
    phone.context.close()


def test_french_by_the_browser_and_by_choice(browser: Browser, morning: Morning) -> None:
    url, token = morning.service.url, morning.service.token
    french = a_person(browser, url, token, locale="fr-CA")
    expect(french.locator("html")).to_have_attribute("lang", "fr")
    expect(french.locator("nav")).to_contain_text("Commandes")
    expect(french.locator("h1")).to_contain_text("incident")
    shoot(french, "overview-french")
    french.select_option("select[name=language]", "en")
    french.get_by_role("button", name="Appliquer").click()
    expect(french.locator("nav")).to_contain_text("Orders")
    french.context.close()


def test_the_keyboard_is_enough(page: Page, morning: Morning) -> None:
    page.keyboard.press("g")
    page.keyboard.press("l")
    page.wait_for_url("**/orders")
    page.keyboard.press("/")
    page.keyboard.type("#1")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=%231**")
    page.locator("body").press("j")
    page.locator("body").press("x")
    assert page.locator("input[name=order]:checked").count() == 1


# --- doing -----------------------------------------------------------------------------------------------------------


def test_one_order_is_requeued_without_a_script(browser: Browser, morning: Morning) -> None:
    plain = a_person(browser, morning.service.url, morning.service.token, java_script_enabled=False)
    go(plain, morning, "/orders?standing=missing&cause=archived_orders_off&sort=oldest")
    plain.locator("tbody th a").first.click()
    plain.get_by_role("button", name="Re-queue", exact=True).click()
    expect(plain.locator(".said").first).to_contain_text("Re-queued")
    order = plain.url
    morning.play(START + timedelta(hours=3, minutes=5))  # by now the setting is on again
    morning.pass_minutes(12)
    plain.goto(order)
    expect(plain.locator("h1")).to_contain_text("matched")
    plain.context.close()


def test_many_are_requeued_and_watched_as_they_arrive(page: Page, morning: Morning) -> None:
    go(page, morning, "/orders?standing=missing&cause=archived_orders_off")
    page.get_by_role("button", name="Re-queue all that match").click()
    asked = int(re.findall(r"\d+", page.locator("h1").inner_text())[0])
    assert asked >= 15
    shoot(page, "requeue")
    page.get_by_role("button", name=f"Re-queue {asked}").click()
    expect(page.locator(".lead")).to_contain_text(f"Re-queued {asked}")
    morning.pass_minutes(15)
    expect(page.locator("progress")).not_to_have_attribute("value", "0")  # nobody has reloaded the page
    shoot(page, "batch")
    assert faults_of(page) == []
    for _ in range(8):
        morning.pass_minutes(15)
        if page.locator("progress").get_attribute("value") == str(asked):
            break
    expect(page.locator("progress")).to_have_attribute("value", str(asked))


def test_what_an_admin_declares_is_kept_with_the_name(page: Page, morning: Morning) -> None:
    go(page, morning, f"/settings/{STORE}")
    page.select_option("select[name=download_refunds]", "off")
    page.get_by_role("button", name="Keep what is declared").click()
    expect(page.locator("select[name=download_refunds]")).to_have_value("off")
    go(page, morning, "/activity?kind=declared")
    expect(page.locator("tbody tr").first).to_contain_text("download_refunds = False")


def test_an_incident_is_resolved_when_its_last_order_has_arrived(page: Page, morning: Morning) -> None:
    go(page, morning, "/incidents/1")
    fixed = page.get_by_role("button", name="I have fixed it")
    if fixed.count():
        fixed.click()
        expect(page.locator(".said").first).to_contain_text("Noted")
        morning.pass_minutes(30)
        page.reload()
    expect(page.locator("h1")).to_contain_text("resolved")
    shoot(page, "incident-resolved")
