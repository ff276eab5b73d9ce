"""docs/deploy.md is followed, command by command, on PostgreSQL and Redis from Debian's packages, to a page that works.

What differs from a machine of its own: the folder, the ports, a cluster and a Redis of the test's own, no new user, and no
systemd: its units' commands are started as they stand. With FRESH=1 the virtual environment is installed anew as well.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import requests

from workers.broker import free_port

HOME = Path(__file__).resolve().parents[2]
PAGE = (HOME / "docs" / "deploy.md").read_text()
PACKAGES = ("postgresql", "redis-server")
PASSWORD = "of-the-test"
WITHIN_S = 60


def blocks(section: str) -> list[str]:
    """The code blocks of a section, in their order."""
    body = PAGE.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    assert body, section
    return [textwrap.dedent(found) for found in re.findall(r"(?:^ {4}.*\n)+", body, re.MULTILINE)]


def programs() -> Path | None:
    """Where Debian keeps PostgreSQL's programs, the newest version of them."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda path: int(path.parts[4]))
    return found[-1].parent if found else None


@pytest.fixture(scope="module")
def postgres_programs() -> Path:
    """Debian's packages, installed by the page's own line where they are missing."""
    if not (programs() and shutil.which("redis-server")):
        if os.geteuid() != 0 or not shutil.which("apt-get"):
            pytest.skip("PostgreSQL and Redis are not installed, and cannot be: this needs root and apt-get")
        install = next(line for line in blocks("On a Debian machine with systemd")[0].splitlines() if "apt-get" in line)
        missing = [name for name in PACKAGES if name in shlex.split(install)]
        command = [*shlex.split(install)[:4], *missing]
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for line in (["apt-get", "update", "-qq"], command):
            answer = subprocess.run(line, env=env, capture_output=True, text=True)
            if answer.returncode:
                pytest.skip(f"Debian's packages cannot be installed here: {answer.stderr.strip()[-200:]}")
    found = programs()
    if found is None or os.geteuid() != 0 or not shutil.which("runuser"):
        pytest.skip("this needs root and runuser: the page is written for root")
    if not (HOME / ".git").exists():
        pytest.skip("there is no repository to clone")
    return found


@dataclass
class Machine:
    """What the page calls the machine: a folder, a cluster, a Redis, and the names it has for them."""

    folder: Path
    bin: Path
    web_port: int
    pg_port: int
    redis_port: int

    @property
    def env(self) -> dict[str, str]:
        return {
            "PATH": f"{self.bin}:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(self.folder), "LANG": "C.UTF-8",
            "PGHOST": str(self.folder / "cluster"), "PGPORT": str(self.pg_port), "LOG_FORMAT": "json",
        }  # fmt: skip

    def here(self, text: str) -> str:
        """The page's text, with the names that things have on this machine."""
        names = {
            "<this repository>": str(HOME), "/srv/reconciler": str(self.folder / "srv"), ":5432": f":{self.pg_port}",
            "/etc/order-reconciler.env": str(self.folder / "order-reconciler.env"), ":6379": f":{self.redis_port}",
            "/etc/systemd/system/": str(self.folder), "/run/": f"{self.folder}/", "reconciler:…@": f"reconciler:{PASSWORD}@",
            "localhost:8000": f"localhost:{self.web_port}", "PORT=8000": f"PORT={self.web_port}",
            "SECRET_KEY=…": "SECRET_KEY=a-key-of-the-test", "install -d -o reconciler": "install -d",
        }  # fmt: skip
        for name, ours in names.items():
            text = text.replace(name, ours)
        return text

    def run(self, script: str, typed: str = "") -> str:
        """Run commands as root would type them; a session of its own, so that a password is read from here."""
        answer = subprocess.run(
            ["/bin/sh", "-ec", script], env=self.env, cwd=self.folder, input=typed, capture_output=True, text=True,
            start_new_session=True, timeout=WITHIN_S * 5,
        )  # fmt: skip
        assert answer.returncode == 0, f"{script}\n{answer.stdout}\n{answer.stderr}"
        return answer.stdout


@pytest.fixture(scope="module")
def machine(postgres_programs: Path) -> Iterator[Machine]:
    with tempfile.TemporaryDirectory(prefix="reconciler-deploy-") as name:
        yield from running(Path(name), postgres_programs)


def running(folder: Path, postgres_programs: Path) -> Iterator[Machine]:
    """The cluster and the Redis, until the end."""
    folder.chmod(0o755)  # the user postgres has to get in
    made = Machine(folder, postgres_programs, *(free_port() for _ in range(3)))
    cluster = folder / "cluster"
    cluster.mkdir()
    shutil.chown(cluster, "postgres")
    as_postgres = ["runuser", "-u", "postgres", "--"]
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "cwd": "/"}
    initdb = [str(postgres_programs / "initdb"), "-D", str(cluster), "--auth-local=peer", "--auth-host=scram-sha-256"]
    subprocess.run([*as_postgres, *initdb, "--no-sync", "-E", "UTF8", "--locale=C"], **quiet)  # type: ignore[call-overload]
    options = f"-p {made.pg_port} -h 127.0.0.1 -c fsync=off -c unix_socket_directories={cluster}"
    pg_ctl = [*as_postgres, str(postgres_programs / "pg_ctl"), "-D", str(cluster), "-w", "-l", str(cluster / "log")]
    subprocess.run([*pg_ctl, "-o", options, "start"], **quiet)  # type: ignore[call-overload]
    redis = subprocess.Popen(
        ["redis-server", "--port", str(made.redis_port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)],
        stdout=subprocess.DEVNULL,
    )
    try:
        yield made
    finally:
        redis.terminate()
        redis.wait(timeout=10)
        subprocess.run([*pg_ctl, "-m", "immediate", "stop"], **quiet)  # type: ignore[call-overload]


class Units:
    """What systemd does with the page's unit, as far as the page relies on it."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def enable(self, command: str) -> None:
        """`systemctl enable --now order-reconciler@web …`: the unit's own command, folder and environment file."""
        for name in re.findall(r"order-reconciler@(\w+)", command):
            self._processes[name] = self._start(name)

    def _start(self, name: str) -> "subprocess.Popen[bytes]":
        unit = self._machine.here((self._machine.folder / "order-reconciler@.service").read_text())
        setting = dict(re.findall(r"^(\w+)=(.*)$", unit, re.MULTILINE))
        start = shlex.split(setting["ExecStart"].replace("%i", name).replace("$$", "$"))
        env = dict(line.split("=", 1) for line in Path(setting["EnvironmentFile"]).read_text().split())
        env |= dict(part.split("=", 1) for part in setting["Environment"].replace("%i", name).split())
        (self._machine.folder / setting["RuntimeDirectory"].replace("%i", name)).mkdir(exist_ok=True)
        log = (self._machine.folder / f"{name}.log").open("wb")
        return subprocess.Popen(
            start, cwd=setting["WorkingDirectory"], env={**self._machine.env, **env}, stdout=log,
            stderr=log, start_new_session=True,
        )  # fmt: skip

    def stop(self, *, kindly: bool = True) -> None:
        """Each unit with all its processes, as `KillMode=mixed` has it, or as a power cut does."""
        family = []
        for process in self._processes.values():
            if process.poll() is None:
                family += psutil.Process(process.pid).children(recursive=True)
                process.terminate() if kindly else process.kill()
        for process in self._processes.values():
            try:
                process.wait(timeout=40)
            except subprocess.TimeoutExpired:
                process.kill()
        for child in family:
            if child.is_running():
                child.kill()
        self._processes.clear()


@pytest.fixture(scope="module")
def units(machine: Machine) -> Iterator[Units]:
    made = Units(machine)
    yield made
    made.stop(kindly=False)


def wait_until_ready(machine: Machine) -> dict[str, object]:
    end, said = time.monotonic() + WITHIN_S, {}
    while time.monotonic() < end:
        with suppress(requests.RequestException):
            said = requests.get(f"http://localhost:{machine.web_port}/readyz", timeout=5).json()
        if said.get("status") == "ready":
            return said
        time.sleep(0.2)
    raise AssertionError(f"not ready: {said}\n" + "\n".join(log.read_text() for log in machine.folder.glob("*.log")))


@pytest.fixture(scope="module")
def followed(machine: Machine, units: Units) -> str:
    """Everything that the page says under its heading; answers the token that its last command printed."""
    first, settings, second, *_ = blocks("On a Debian machine with systemd")
    lines = [line for line in machine.here(first).splitlines() if not line.startswith(("apt-get", "useradd"))]
    if not os.environ.get("FRESH"):
        ours = shlex.quote(sys.prefix)
        lines = [line for line in lines if "pip install" not in line]
        lines = [f"ln -s {ours} .venv" if line == "python3 -m venv .venv" else line for line in lines]
    machine.run("\n".join(lines), typed=f"{PASSWORD}\n{PASSWORD}\n")
    (machine.folder / "order-reconciler.env").write_text(machine.here(settings))
    before, systemctl, after = re.split(r"^(systemctl .*)\n", machine.here(second), flags=re.MULTILINE)
    enter = f"cd {machine.folder}/srv\n"
    machine.run(enter + before)
    units.enable(systemctl)
    activate = "\n".join(line for line in before.splitlines() if line.startswith(("set -a", ". ")))
    return machine.run(f"{enter}{activate}\n{after}").splitlines()[-1]


@pytest.mark.timeout(300)
def test_the_page_leads_to_a_service_that_a_person_can_sign_in_to(machine: Machine, followed: str) -> None:
    said = wait_until_ready(machine)
    assert (said["ledger"], said["schema"], said["broker"]) == ("ok", "ok", "ok")
    with requests.Session() as browser:
        form = browser.get(f"http://localhost:{machine.web_port}/", timeout=10)
        token = re.search(r'name="csrf_token" value="([^"]+)"', form.text)
        assert token
        sent = {"csrf_token": token[1], "token": followed}
        page = browser.post(f"http://localhost:{machine.web_port}/sign-in", data=sent, timeout=10)
        assert page.status_code == 200
        assert "Sign out" in page.text
        assert "Connect a shop" in browser.get(f"http://localhost:{machine.web_port}/connect", timeout=10).text


def test_two_web_processes_count_together(machine: Machine, followed: str) -> None:
    wait_until_ready(machine)
    address = f"http://localhost:{machine.web_port}"
    for _ in range(12):  # each on a connection of its own, so that both processes get some
        assert requests.post(f"{address}/webhooks/shopify", data=b"{}", timeout=10).status_code == 401
    counted = {
        sum(float(line.rpartition(" ")[2]) for line in requests.get(f"{address}/metrics", timeout=10).text.splitlines()
            if line.startswith("reconciler_deliveries_total{"))
        for _ in range(6)
    }  # fmt: skip
    assert counted == {12.0}


@pytest.mark.timeout(300)
def test_a_back_up_is_restored_with_the_pages_commands(machine: Machine, units: Units, followed: str) -> None:
    wait_until_ready(machine)
    dump, restore, *_ = blocks("Back up and restore")
    kept = {"Authorization": f"Bearer {followed}"}
    address = f"http://localhost:{machine.web_port}/api/v1/stores"
    machine.run(dump)
    enter = f"cd {machine.folder}/srv\nset -a; . {machine.folder}/order-reconciler.env; set +a\n. .venv/bin/activate\n"
    later = machine.run(f"{enter}flask --app webhooks.app token create --role viewer").splitlines()[-1]
    assert requests.get(address, headers={"Authorization": f"Bearer {later}"}, timeout=10).status_code == 200
    units.stop()
    machine.run(restore)
    machine.run(f"{enter}flask --app webhooks.app db upgrade")
    units.enable("order-reconciler@web order-reconciler@worker order-reconciler@beat")
    wait_until_ready(machine)
    assert requests.get(address, headers=kept, timeout=10).status_code == 200
    assert requests.get(address, headers={"Authorization": f"Bearer {later}"}, timeout=10).status_code == 401


def test_every_line_that_these_processes_logged_is_json(machine: Machine, units: Units, followed: str) -> None:
    wait_until_ready(machine)
    for name in ("worker", "beat"):
        lines = [line for line in (machine.folder / f"{name}.log").read_text().splitlines() if line.startswith("{")]
        assert all({"event", "level", "logger", "at"} <= json.loads(line).keys() for line in lines)
