"""What docs/deploy.md and its files say is what the Procfile and the service do."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
import yaml
from honcho.environ import parse_procfile
from sqlalchemy import func, select

from reconcile.ledger import Ledger
from reconcile.ledger.schema import migrate, schema_problem
from reconcile.ledger.tables import orders
from reconcile.services import Services
from tests.rows import an_order, keep
from webhooks.app import create_app

HOME = Path(__file__).resolve().parents[2]
DEPLOY = HOME / "docs" / "deploy"
PROCESSES = parse_procfile((HOME / "Procfile").read_text()).processes
RUNNING = ("web", "worker", "beat")


def started(command: str, folder: Path) -> list[str]:
    """The arguments that a shell line ends up with: the programs are stand-ins that print theirs."""
    for name in ("granian", "celery", "flask"):
        path = folder / name
        path.write_text('#!/bin/sh\nprintf "%s\\n" "$(basename "$0")" "$@"\n')
        path.chmod(0o755)
    env = {"PATH": f"{folder}{os.pathsep}/usr/bin:/bin"}
    return subprocess.run(
        ["/bin/sh", "-c", command], cwd=HOME, env=env, capture_output=True, text=True, check=True
    ).stdout.splitlines()


@pytest.mark.parametrize("name", RUNNING)
def test_the_unit_starts_what_the_procfile_says(name: str, tmp_path: Path) -> None:
    unit = (DEPLOY / "order-reconciler@.service").read_text()
    line = next(line for line in unit.splitlines() if line.startswith("ExecStart="))
    command = shlex.split(line.removeprefix("ExecStart=").replace("%i", name).replace("$$", "$"))
    assert command[:2] == ["/bin/sh", "-c"]
    assert started(command[2], tmp_path) == started(f"exec env {PROCESSES[name]}", tmp_path)


@pytest.mark.parametrize("name", ["release", *RUNNING])
def test_the_containers_start_what_the_procfile_says(name: str, tmp_path: Path) -> None:
    service = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"][name]
    command = service["command"][2].replace("$$", "$")
    assert started(command, tmp_path) == started(f"exec env {PROCESSES[name]}", tmp_path)


def test_the_image_copies_what_exists_and_no_secret() -> None:
    lines = (DEPLOY / "Containerfile").read_text().splitlines()
    copied = [line.split()[1] for line in lines if line.startswith("COPY ")]
    assert {"requirements.txt", "Procfile", "reconcile", "webhooks", "workers"} == set(copied)
    assert all((HOME / name).exists() for name in copied)


def program(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def test_the_linter_of_container_files_finds_nothing() -> None:
    answer = subprocess.run([program("hadolint"), DEPLOY / "Containerfile"], capture_output=True, text=True)
    assert answer.returncode == 0, answer.stdout


# Digests would have to be raised with every release of theirs; PostgreSQL writes beside its data.
ACCEPTED = {("CL-0019", "*"), ("CL-0007", "ledger")}


def test_the_linter_of_compose_files_finds_what_is_accepted_and_nothing_else() -> None:
    command = [program("compose-lint"), "check", "--format", "json", "--no-env", DEPLOY / "compose.yaml"]
    told = json.loads(subprocess.run(command, capture_output=True, text=True).stdout)
    found = told if isinstance(told, list) else told["findings"]
    assert found, "the linter looked at nothing"
    left = {(one["rule_id"], one["service"]) for one in found}
    assert {(rule, service) for rule, service in left if not {(rule, "*"), (rule, service)} & ACCEPTED} == set()


def test_a_back_up_made_while_the_service_writes_is_restored_as_the_page_says(tmp_path: Path) -> None:
    page = (HOME / "docs" / "deploy.md").read_text()
    found = re.search(r"^ {4}(python -c .*VACUUM INTO.*)$", page, re.MULTILINE)
    assert found
    ledger = Ledger(f"sqlite:///{tmp_path / 'var' / 'reconciler.db'}")
    migrate(ledger)
    for order_id in (1, 2, 3):
        keep(ledger, an_order(order_id))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with ledger.write() as open_elsewhere:
        count = open_elsewhere.execute(select(func.count()).select_from(orders)).scalar_one()
        subprocess.run(["/bin/sh", "-c", found[1]], cwd=tmp_path, env={**os.environ, "PATH": path}, check=True)
    ledger.dispose()
    keep(ledger, an_order(4))
    ledger.dispose()
    restore = re.search(r"^ {4}(rm -f var/reconciler.db-wal .*\n)^ {4}(cp backup.db .*)$", page, re.MULTILINE)
    assert restore
    subprocess.run(["/bin/sh", "-ec", "".join(restore.groups())], cwd=tmp_path, check=True)
    restored = Ledger(f"sqlite:///{tmp_path / 'var' / 'reconciler.db'}")
    assert schema_problem(restored) is None
    with restored.read() as connection:
        assert connection.execute(select(func.count()).select_from(orders)).scalar_one() == count == 3
    restored.dispose()


def test_every_link_of_the_pages_leads_somewhere() -> None:
    for page in (HOME / "docs").glob("*.md"):
        links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
        missing = [link for link in links if not (page.parent / link).exists()]
        assert not missing, (page.name, missing)


def commands(group: click.Group, path: str = "") -> set[str]:
    """Every command that there is, with the groups before it."""
    found = set()
    for name, command in group.commands.items():
        found |= commands(command, f"{path}{name} ") if isinstance(command, click.Group) else {f"{path}{name}"}
    return found


@pytest.mark.parametrize("page", sorted((HOME / "docs").glob("*.md")), ids=lambda page: page.name)
def test_every_command_that_a_page_names_exists(page: Path, services: Services) -> None:
    known = commands(create_app(services).cli)
    named = re.findall(r"flask --app webhooks\.app ([a-z]+(?: [a-z]+)?)", page.read_text())
    assert all(name in known or name.split()[0] in known for name in named), (page.name, named)
