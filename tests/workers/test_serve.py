"""`make run`: what the supervisor is told, from the Procfile and the settings in force."""

import configparser
import socket
from pathlib import Path

from workers import serve


def test_the_procfile_runs_under_the_supervisor_with_a_broker_of_its_own(tmp_path: Path) -> None:
    env = {"PORT": "8123"}
    command = serve.prepare(env, tmp_path)
    written = configparser.RawConfigParser(strict=False)
    written.read(command[-1])
    assert [name for name in written.sections() if name.startswith("program:")] == [
        "program:broker", "program:web", "program:worker", "program:beat",
    ]  # fmt: skip
    assert env["REDIS_URL"].startswith("redis://:")
    assert "requirepass" in (tmp_path / "var" / "redis" / "valkey.conf").read_text()
    assert (tmp_path / "var" / "redis" / "valkey.conf").stat().st_mode & 0o077 == 0


def test_a_named_broker_is_used_as_it_is(tmp_path: Path) -> None:
    env = {"PORT": "8123", "REDIS_URL": "rediss://elsewhere:6380/0"}
    command = serve.prepare(env, tmp_path)
    written = configparser.RawConfigParser(strict=False)
    written.read(command[-1])
    assert "program:broker" not in written.sections()
    assert env["REDIS_URL"] == "rediss://elsewhere:6380/0"


def test_the_environment_wins_over_the_env_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=9000\nDEMO_TOKEN=from-the-file\nSTORES_FILE=a.toml\n")
    env = serve.environment({"STORES_FILE": "b.toml", "PATH": "/usr/bin"}, tmp_path)
    assert (env["PORT"], env["DEMO_TOKEN"], env["STORES_FILE"]) == ("9000", "from-the-file", "b.toml")


def test_a_taken_port_is_seen_before_anything_starts() -> None:
    with socket.create_server(("0.0.0.0", 0)) as taken:
        assert not serve.port_is_free(taken.getsockname()[1])
