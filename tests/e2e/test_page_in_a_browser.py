"""A morning at the page, in a real browser: the whole service runs, against the sandbox's shop and its own admin."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from sandbox.demo import next_moment
from sandbox.demo_service import STORE, Service, Shopfloor
from tests.e2e.browser import PHONE, a_browser, a_person, faults_of, fits, shoot

pytestmark = pytest.mark.timeout(600)
START = datetime(2026, 11, 2, 13, tzinfo=UTC)
SCENARIO = {
    "seed": 5, "pos": "heartland", "hours": 2, "orders": 380, "latency": {"median_s": 30, "p99_s": 120}, "declared": {},
    "faults": [
        {"cause": "archived_orders_off", "from_h": 0.25}, {"cause": "paid_without_transactions_off", "from_h": 1.0},
        {"cause": "customer_incomplete", "share": 0.01}, {"cause": "total_differs", "share": 0.02},
        {"cause": "test_order", "share": 0.01},
    ],
    "touch": "works", "mode": "assist",
}  # fmt: skip
BROKEN_UNTIL = START + timedelta(minutes=100)
ARCHIVED, UNPAID = "archived_orders_off", "paid_without_transactions_off"
SCREENS = {
    "overview": "/", "incidents": "/incidents", "incident": f"incident of {ARCHIVED}", "orders": "/orders?standing=missing",
    "checklist": f"/checks/{STORE}", "statement": f"/statement/{STORE}", "deliveries": "/deliveries",
    "activity": "/activity?all=1", "settings": f"/settings/{STORE}", "connect": "/connect",
}  # fmt: skip


class Morning:
    """A shop whose connector passes some orders by, in a mode that asks before each touch."""

    def __init__(self, folder: Path, browser: Browser) -> None:
        self.floor, self.service, self.browser = Shopfloor(folder), Service(folder), browser
        self.session: Any = None

    def begin(self) -> None:
        self.floor.open(SCENARIO, START, self.service.url)
        self.service.start(self.floor)
        self.api("PUT", f"stores/{STORE}/mode", mode="assist")
        self.play(BROKEN_UNTIL)

    def api(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.service.token}"}
        answer = requests.request(
            method, f"{self.service.url}/api/v1/{path}", json=body or None, headers=headers, timeout=10
        )
        assert answer.ok, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def incident(self, cause: str) -> str:
        """The address of the open incident of this cause."""
        found = next(one for one in self.api("GET", "incidents")["items"] if one["cause"] == cause)
        return f"/incidents/{found['id']}"

    def play(self, until: datetime) -> None:
        """Let the shop's clock run on, from one thing that happens to the next."""
        while self.floor.now < until:
            self.floor.advance(min(next_moment(self.floor, self.service), until))
            self.service.wait_until_idle()

    def pass_minutes(self, minutes: int) -> None:
        self.play(self.floor.now + timedelta(minutes=minutes))

    def person(self, **looks: Any) -> Page:
        """An admin who has signed in."""
        return a_person(self.browser, self.service.url, storage_state=self.session, **looks)

    def close(self) -> None:
        self.service.stop()
        self.floor.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with a_browser() as made:
        yield made


@pytest.fixture(scope="module")
def morning(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Morning]:
    made = Morning(tmp_path_factory.mktemp("morning"), browser)
    try:
        made.begin()
        made.session = sign_in(made)
        yield made
    finally:
        made.close()


def sign_in(morning: Morning) -> Any:
    """As a person does; what the browser then keeps."""
    page = morning.person()
    page.goto(f"{morning.service.url}/orders?standing=missing")
    expect(page).to_have_url(re.compile("/sign-in"))
    assert faults_of(page) == []
    shoot(page, "sign-in")
    page.get_by_label("Token").fill("orc_nobody")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("status")).to_contain_text("not known")
    page.get_by_label("Token").fill(morning.service.token)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile("standing=missing"))
    kept = page.context.storage_state()
    page.context.close()
    assert [cookie["httpOnly"] for cookie in kept["cookies"]] == [True]
    return kept


@pytest.fixture
def page(morning: Morning) -> Iterator[Page]:
    made = morning.person()
    yield made
    made.context.close()


def go(page: Page, morning: Morning, path: str) -> None:
    path = morning.incident(path.rpartition(" ")[2]) if path.startswith("incident of") else path
    answer = page.goto(f"{morning.service.url}{path}")
    assert answer is not None
    assert answer.status == 200, path


def in_the_shop_s_admin(morning: Morning, path: str) -> Page:
    """The merchant's own pages, which are the sandbox's."""
    made = a_person(morning.browser, morning.floor.url)
    made.goto(f"{morning.floor.url}/admin{path}")
    return made


def switch_on(morning: Morning, setting: str) -> None:
    admin = in_the_shop_s_admin(morning, "/apps/mortar/settings")
    expect(admin.get_by_label(setting)).not_to_be_checked()
    admin.get_by_label(setting).check()
    admin.get_by_role("button", name="Save Settings").click()
    expect(admin.get_by_label(setting)).to_be_checked()
    admin.context.close()


# --- looking ---------------------------------------------------------------------------------------------------------


def test_the_overview_says_what_is_broken_and_what_to_do(page: Page, morning: Morning) -> None:
    go(page, morning, "/")
    expect(page.locator("h1")).to_contain_text("incidents hold back")
    card = page.locator("article", has_text="archived orders").first
    expect(card).to_contain_text("Advanced settings > Orders")
    charts = page.locator("svg.chart")
    expect(charts).to_have_count(2)
    assert charts.nth(0).locator("rect").count() > 3
    assert charts.nth(1).locator("circle").count() > 3
    assert charts.nth(1).locator("text", has_text=re.compile(r"^\d+ (s|min)$")).count() >= 2


@pytest.mark.parametrize("name", SCREENS)
def test_every_screen_is_sound(page: Page, morning: Morning, name: str) -> None:
    problems: list[str] = []
    page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    go(page, morning, SCREENS[name])
    shoot(page, name)
    assert faults_of(page) == []
    assert fits(page)
    assert problems == []


def test_a_filter_stands_in_the_address_and_can_be_kept(page: Page, morning: Morning) -> None:
    go(page, morning, "/orders")
    page.get_by_label("Standing").select_option("differs")
    page.get_by_label("Total from").fill("1")
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(re.compile("standing=differs.*least=1"))
    standings = page.locator("tbody .badge.differs")
    assert standings.count() == page.locator("tbody tr").count() > 0
    page.get_by_label("Keep this list as").fill("To correct")
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.get_by_role("link", name="★ To correct")).to_be_visible()


def test_one_order_is_shown_side_by_side(page: Page, morning: Morning) -> None:
    go(page, morning, "/orders?standing=differs")
    page.locator("tbody th a").first.click()
    expect(page.locator("tr.off").first).to_be_visible()
    expect(page.get_by_role("link", name="Open in Shopify")).to_be_visible()
    assert faults_of(page) == []
    shoot(page, "order")


@pytest.mark.parametrize("name", SCREENS)
def test_dark_on_a_phone(morning: Morning, name: str) -> None:
    phone = morning.person(color_scheme="dark", viewport=PHONE)
    go(phone, morning, SCREENS[name])
    if name in ("overview", "orders", "incident"):
        shoot(phone, f"{name}-phone-dark")
    assert fits(phone), phone.evaluate("document.documentElement.scrollWidth")
    assert faults_of(phone) == []
    phone.context.close()


def test_dark_by_choice(page: Page, morning: Morning) -> None:
    go(page, morning, "/")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_label("Look").select_option("dark")
    page.get_by_role("button", name="Use these").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    assert faults_of(page) == []
    shoot(page, "overview-dark")


def test_french_by_the_browser_and_by_choice(morning: Morning) -> None:
    french = morning.person(locale="fr-CA")
    go(french, morning, "/")
    expect(french.locator("html")).to_have_attribute("lang", "fr")
    expect(french.locator("nav")).to_contain_text("Commandes")
    expect(french.locator("h1")).to_contain_text("incidents")
    assert faults_of(french) == []
    shoot(french, "overview-french")
    go(french, morning, f"/orders?cause={ARCHIVED}")
    french.locator("tbody th a").first.click()
    expect(french.locator("article dd").first).to_contain_text("archivée le : 2 nov.")
    french.select_option("select[name=language]", "en")
    french.get_by_role("button", name="Appliquer").click()
    expect(french.locator("nav")).to_contain_text("Orders")
    french.context.close()


def test_the_keyboard_is_enough(page: Page, morning: Morning) -> None:
    go(page, morning, "/")
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


# --- doing: from here on the shop changes ----------------------------------------------------------------------------


def test_one_order_is_requeued_without_a_script(morning: Morning) -> None:
    switch_on(morning, "Download Archived Orders")
    plain = morning.person(java_script_enabled=False)
    go(plain, morning, f"/orders?standing=missing&cause={ARCHIVED}&sort=oldest")
    plain.locator("tbody th a").first.click()
    plain.get_by_role("button", name="Re-queue", exact=True).click()
    expect(plain.locator(".said").first).to_contain_text("Re-queued")
    for _ in range(4):
        morning.pass_minutes(6)
        plain.goto(plain.url)
        if plain.locator("h1 .badge.matched").count():
            break
    expect(plain.locator("h1")).to_contain_text("matched")
    plain.context.close()


def test_forty_are_requeued_and_watched_as_they_arrive(page: Page, morning: Morning) -> None:
    go(page, morning, f"/orders?standing=missing&cause={ARCHIVED}")
    page.get_by_role("button", name="Re-queue all that match").click()
    asked = int(re.findall(r"\d+", page.locator("h1").inner_text())[0])
    assert asked >= 40
    assert faults_of(page) == []
    shoot(page, "requeue")
    page.get_by_role("button", name=f"Re-queue {asked}").click()
    expect(page.locator(".lead")).to_contain_text(f"Re-queued {asked}")
    morning.pass_minutes(6)
    expect(page.locator("progress")).not_to_have_attribute("value", "0")  # nobody has reloaded the page
    shoot(page, "batch")
    assert faults_of(page) == []
    for _ in range(12):
        counts = morning.api("GET", f"batches/{page.url.rpartition('/')[2]}")["counts"]
        if not counts.get("waiting") and not counts.get("touched"):
            break
        morning.pass_minutes(10)
    assert sum(counts.values()) == asked
    assert counts["arrived"] >= 40  # a few may have come by themselves meanwhile: they are skipped, and said to be
    expect(page.locator("progress")).to_have_attribute("value", str(counts["arrived"]))


def test_an_incident_is_fixed_and_resolved_when_its_last_order_has_arrived(page: Page, morning: Morning) -> None:
    address = morning.incident(UNPAID)
    go(page, morning, address)
    held = page.locator("progress").get_attribute("max")
    expect(page.get_by_text("Download Paid Orders With No Transactions").first).to_be_visible()
    page.get_by_role("button", name="I look after it").click()
    switch_on(morning, "Download Paid Orders With No Transactions")
    page.get_by_role("button", name="I have fixed it").click()
    expect(page.get_by_role("status")).to_contain_text("Noted")
    for _ in range(15):
        morning.pass_minutes(8)
        if morning.api("GET", f"incidents{address.removeprefix('/incidents')}")["state"] == "resolved":
            break
    expect(page.locator(".badge.resolved").first).to_be_visible()
    expect(page.locator("progress")).to_have_attribute("value", re.compile(r"[1-9]"))
    assert int(held or 0) > 0
    shoot(page, "incident-resolved")


def test_what_an_admin_declares_is_kept_with_the_name(page: Page, morning: Morning) -> None:
    go(page, morning, f"/settings/{STORE}")
    page.select_option("select[name=download_refunds]", "off")
    page.get_by_role("button", name="Keep what is declared").click()
    expect(page.locator("select[name=download_refunds]")).to_have_value("off")
    go(page, morning, "/activity?kind=declared")
    expect(page.locator("tbody tr").first).to_contain_text("download_refunds = False")


def test_a_limit_is_set_and_given_back_to_the_stores_file(page: Page, morning: Morning) -> None:
    go(page, morning, f"/settings/{STORE}")
    limit, keep = page.locator("input[name=touches_an_hour]"), page.get_by_role("button", name="Keep these limits")
    limit.fill("45")
    keep.click()
    expect(page.locator("tr", has=limit)).to_contain_text("the stores file says 60")
    limit.fill("")
    keep.click()
    expect(limit).to_have_value("60")
    go(page, morning, "/activity?kind=limits")
    expect(page.locator("tbody tr").first).to_contain_text("touches_an_hour 45 → 60")


def test_no_order_is_in_the_pos_twice(morning: Morning) -> None:
    assert morning.floor.truth()["duplicate_sales"] == 0
