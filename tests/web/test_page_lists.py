"""The list of orders as people use it: sorted, counted, kept, taken as a spreadsheet; and the figures of the overview."""

import csv
import io
import re
from datetime import timedelta
from decimal import Decimal

import pytest

from reconcile.ledger.queries_measures import bars, quantile, standings_since
from reconcile.services import Services
from tests.rows import PLACED, a_sale, an_order, keep
from tests.web.visitors import Visitor
from webhooks.charts import BOTTOM, HEIGHT, TOP, Column, Curve, lines, stacked
from webhooks.tokens import Role

NAMES = re.compile(r'/orders/\w+/\d+">([^<]+)<')


def three(services: Services) -> None:
    for number, total in ((1, "30"), (2, "10"), (3, "20")):
        placed = PLACED + timedelta(minutes=number)
        keep(services.ledger, an_order(number, total=Decimal(total), created_at=placed), case_state="needs_person")


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["#3", "#2", "#1"]), ("sort=oldest", ["#1", "#2", "#3"]), ("sort=largest", ["#1", "#3", "#2"]),
        ("sort=smallest", ["#2", "#3", "#1"]), ("sort=nonsense", ["#3", "#2", "#1"]), ("least=15", ["#3", "#1"]),
        ("most=15,00", ["#2"]), ("least=15&most=25", ["#3"]),
    ],
)  # fmt: skip
def test_a_list_is_sorted_and_narrowed_by_amount(services: Services, query: str, names: list[str]) -> None:
    three(services)
    assert NAMES.findall(Visitor(services, Role.VIEWER).get(f"/orders?{query}")) == names


@pytest.mark.parametrize("sort", ["newest", "oldest", "largest", "smallest"])
def test_pages_of_every_sort_follow_each_other_without_a_gap(services: Services, sort: str) -> None:
    for number in range(1, 81):
        placed = PLACED + timedelta(minutes=number // 3)
        keep(services.ledger, an_order(number, created_at=placed, total=Decimal(number % 7)))
    viewer, seen, path = Visitor(services, Role.VIEWER), [], f"/orders?standing=missing&sort={sort}"
    while path:
        said = viewer.get(path)
        seen += [int(name[1:]) for name in NAMES.findall(said)]
        following = re.search(r'href="([^"]+)" rel="next"', said)
        path = following[1].replace("&amp;", "&") if following else ""
    assert sorted(seen) == list(range(1, 81))
    assert len(seen) == 80


@pytest.mark.parametrize("wrong", ["least=much", "most=NaN", "least=1e99", "cursor=W10"])
def test_an_amount_that_is_none_is_a_bad_request(services: Services, wrong: str) -> None:
    assert "<table" not in Visitor(services, Role.VIEWER).get(f"/orders?{wrong}", status=400)


def test_the_counts_are_those_of_the_filter(services: Services) -> None:
    three(services)
    keep(services.ledger, an_order(4), standing="pending", cause="unexplained")
    viewer = Visitor(services, Role.VIEWER)
    assert re.findall(r'">(\d+) (missing|pending)<', viewer.get("/orders?standing=pending")) == [
        ("3", "missing"),
        ("1", "pending"),
    ]
    assert re.findall(r'">(\d+) (missing|pending)<', viewer.get("/orders?cause=unexplained")) == [("1", "pending")]


def test_a_list_is_kept_under_a_name_by_the_person_alone(services: Services) -> None:
    ann, bob = Visitor(services, Role.VIEWER, name="ann"), Visitor(services, Role.VIEWER, name="bob")
    ann.send("/views", name="big & late", standing="missing", least="100", sort="largest")
    assert "/orders?standing=missing&amp;least=100&amp;sort=largest" in ann.get("/orders")
    assert "big &amp; late" in ann.get("/orders")
    assert "big &amp; late" not in bob.get("/orders")
    bob.send("/views/drop", name="big & late")
    assert "big &amp; late" in ann.get("/orders")
    ann.send("/views/drop", name="big & late")
    assert "big &amp; late" not in ann.get("/orders")
    ann.send("/views", status=400, name=" ")


def test_the_spreadsheet_holds_every_order_of_the_filter_and_no_formula(services: Services) -> None:
    for number in range(1, 1_102):
        keep(services.ledger, an_order(number))
    keep(services.ledger, an_order(5_000, name="=HYPERLINK(1)"))
    keep(services.ledger, an_order(5_001), standing="matched")
    rows = list(csv.DictReader(io.StringIO(Visitor(services, Role.VIEWER).get("/orders.csv?standing=missing"))))
    assert len(rows) == len({row["order_id"] for row in rows}) == 1_102
    assert {row["standing"] for row in rows} == {"missing"}
    assert "'=HYPERLINK(1)" in {row["name"] for row in rows}
    assert (rows[0]["total"], rows[0]["currency"]) == ("107.50", "CAD")


def test_a_look_is_asked_for_and_told(services: Services) -> None:
    three(services)
    operator = Visitor(services, Role.OPERATOR, name="ann")
    operator.send("/orders/demo/1/look")
    said = operator.get("/orders/demo/1")
    assert "a look was asked for" in said
    assert "by ann" in said
    assert "a look was asked for" in operator.get("/activity")


# --- the overview's figures ------------------------------------------------------------------------------------------


def arrived(services: Services, number: int, after: timedelta, placed: timedelta = timedelta()) -> None:
    order = an_order(number, created_at=PLACED + placed)
    keep(services.ledger, order, [a_sale(order)], arrived_at=PLACED + placed + after, eligible_at=PLACED + placed)


def test_the_share_is_of_those_that_are_meant_to_be_there(services: Services) -> None:
    for number in range(1, 4):
        arrived(services, number, timedelta(minutes=1))
    keep(services.ledger, an_order(4))
    keep(services.ledger, an_order(5), standing="excluded")
    keep(services.ledger, an_order(6, created_at=PLACED - timedelta(days=8)))
    with services.ledger.read() as connection:
        assert standings_since(connection, ["demo"], PLACED) == {"matched": 3, "missing": 1, "excluded": 1}
    assert '<p class="big">75%' in Visitor(services, Role.VIEWER).get("/")


def test_bars_hold_what_was_placed_and_what_arrived_in_them(services: Services) -> None:
    arrived(services, 1, timedelta(seconds=30))
    arrived(services, 2, timedelta(minutes=90))
    arrived(services, 3, timedelta(seconds=50), placed=timedelta(hours=1))
    with services.ledger.read() as connection:
        found = bars(connection, ["demo"], PLACED, timedelta(hours=1), 3)
    assert [bar.standings for bar in found] == [{"matched": 2}, {"matched": 1}, {}]
    assert [sorted(bar.seconds) for bar in found] == [[30.0], [50.0, 5400.0], []]


def test_quantiles_are_values_that_were_seen() -> None:
    assert quantile([], 0.5) is None
    assert quantile([3, 1, 2], 0.5) == 2
    assert quantile(range(1, 101), 0.99) == 99
    assert quantile([7], 0.99) == 7


def test_a_chart_says_nothing_that_others_wrote_as_html() -> None:
    evil = '"><script>'
    drawn = stacked([Column(label=evil, parts=((evil, 3, evil),))], evil, evil) + lines(
        [Curve(kind=evil, points=((3.0, evil),))], [evil], evil, evil
    )
    assert "<script" not in drawn
    assert drawn.count("&lt;script") >= 6
    assert "style=" not in drawn


@pytest.mark.parametrize("most", [0, 1, 4, 5, 19, 20, 21, 99, 100, 101, 5_000])
def test_no_bar_is_higher_than_its_chart(most: int) -> None:
    drawn = stacked([Column(label="a", parts=(("matched", most, "a"),))], "a", "orders")
    tops = [float(y) for y in re.findall(r'<rect[^>]* y="([\d.-]+)"', drawn)]
    assert all(TOP <= y <= HEIGHT - BOTTOM for y in tops)
