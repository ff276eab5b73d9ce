"""The checklist's first row, in every state that the POS and the declared settings can be in."""

from datetime import UTC, datetime

import pytest

from reconcile.check_result import CheckResult, Result
from reconcile.evidence import Declared
from reconcile.model import Employee, SetUp
from reconcile.setup_check_employee import check_employee

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
ANA = Employee(employee_id="1", name="Ana Owner", owns_token=True)
SALES = Employee(employee_id="2", name="Shopify Sales")
BO = Employee(employee_id="3", name="Bo Till")


def checked(
    *employees: Employee, assigned: str | None = "Shopify Sales", kind: str = "lightspeed_r"
) -> list[CheckResult]:
    return list(check_employee(kind, Declared(employee=assigned), SetUp(read_at=AT, employees=employees)))


def results(found: list[CheckResult]) -> dict[tuple[str, str], str]:
    return {(one.slug, one.subject): one.result.value for one in found}


def test_heartland_has_no_such_setting() -> None:
    assert results(checked(kind="heartland")) == {("employee_active", ""): "does_not_apply"}


@pytest.mark.parametrize("kind", ["lightspeed_r", "lightspeed_x"])
def test_an_active_employee_kept_for_it_is_in_order(kind: str) -> None:
    found = checked(SALES, ANA, kind=kind)
    assert results(found) == {("employee_active", ""): "pass", ("employee_dedicated", ""): "pass"}
    assert not any(one.fix or one.fix_fr for one in found)


@pytest.mark.parametrize(
    ("gone", "state", "etat"),
    [
        (Employee(employee_id="2", name="shopify  SALES", archived=True), "archived", "archivé"),
        (Employee(employee_id="2", name="Shopify Sales", locked=True), "locked out", "verrouillé"),
        (Employee(employee_id="2", name="Shopify Sales", deleted=True), "deleted", "supprimé"),
    ],
)  # fmt: skip
def test_one_who_is_not_active_fails_with_the_fix_in_both_languages(gone: Employee, state: str, etat: str) -> None:
    [found] = checked(gone, ANA)
    assert (found.result, found.slug) == (Result.FAIL, "employee_active")
    assert state in found.evidence and etat in found.evidence_fr
    assert "Employee assigned to POS transactions" in found.fix and "Ventes Shopify" in found.fix_fr


def test_a_name_that_the_pos_does_not_have_fails() -> None:
    [found] = checked(ANA)
    assert found.result is Result.FAIL and "no employee named Shopify Sales" in found.evidence


def test_nobody_assigned_fails() -> None:
    assert results(checked(ANA, assigned="")) == {("employee_active", ""): "fail"}


def test_what_is_not_declared_is_seen_on_the_latest_sales() -> None:
    seller = Employee(employee_id="2", name="Web Orders", sells=True)
    assert results(checked(seller, assigned=None)) == {
        ("employee_active", ""): "pass", ("employee_dedicated", ""): "pass",
    }  # fmt: skip
    gone = Employee(employee_id="2", name="", sells=True, deleted=True)
    [found] = checked(gone, assigned=None)
    assert found.result is Result.FAIL and "n° 2 is deleted, seen on the latest sales" in found.evidence


def test_neither_declared_nor_seen_is_unknown() -> None:
    assert results(checked(ANA, assigned=None)) == {("employee_active", ""): "unknown"}


@pytest.mark.parametrize(
    ("one", "said"),
    [(BO, "looks like a person"), (ANA, "installed the connection")],
)
def test_a_person_or_the_installer_is_a_warning(one: Employee, said: str) -> None:
    found = checked(one, assigned=one.name)
    assert results(found) == {("employee_active", ""): "pass", ("employee_dedicated", ""): "warning"}
    assert said in found[1].evidence and found[1].fix


def test_others_who_are_gone_have_a_line_each() -> None:
    seller = Employee(employee_id="3", name="Bo Till", sells=True, archived=True)
    owner = Employee(employee_id="1", name="Ana Owner", owns_token=True, locked=True)
    found = checked(SALES, seller, owner)
    assert results(found) == {
        ("employee_active", ""): "pass", ("employee_active", "Bo Till"): "fail",
        ("employee_active", "Ana Owner"): "fail", ("employee_dedicated", ""): "pass",
    }  # fmt: skip


def test_what_was_not_read_is_unknown_and_says_why() -> None:
    set_up = SetUp(read_at=AT, unread={"employees": "the right is missing"})
    [found] = check_employee("lightspeed_r", Declared(employee="Shopify Sales"), set_up)
    assert (found.result, found.evidence) == (Result.UNKNOWN, "the right is missing")
