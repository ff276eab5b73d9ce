"""The house keeps its shape: imports go one way, files stay readable, and nothing is kept in two places."""

import subprocess
import sys
from pathlib import Path

import pytest

HOME = Path(__file__).resolve().parents[2]
PRODUCT = ("reconcile", "webhooks", "workers", "sandbox", "bench")
LONGEST_FILE = 400
TOP_LEVEL = {
    "Makefile", "Procfile", "README.md", "SECURITY.md", "bench", "docs", "pyproject.toml", "reconcile", "requirements.in",
    "requirements.txt", "sandbox", "stores.example.toml", "tests", "webhooks", "workers",
}  # fmt: skip


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=HOME, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [Path(line) for line in listed.stdout.splitlines()]


def test_imports_go_one_way() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--config", "pyproject.toml"]
    answer = subprocess.run(command, cwd=HOME, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stdout


@pytest.mark.parametrize("folder", PRODUCT)
def test_no_file_is_too_long_to_read(folder: str) -> None:
    long = {
        str(path.relative_to(HOME)): length
        for path in (HOME / folder).rglob("*.py")
        if (length := len(path.read_text().splitlines())) > LONGEST_FILE
    }
    assert not long


def test_the_top_level_holds_what_the_design_names_and_nothing_else() -> None:
    found = {path.parts[0] for path in tracked() if not path.parts[0].startswith(".")}
    assert found <= TOP_LEVEL, found - TOP_LEVEL


def test_runtime_requirements_are_pinned_with_hashes() -> None:
    for path in (HOME / "requirements.txt", HOME / "tests" / "requirements.txt"):
        entries = [line for line in path.read_text().splitlines() if line and line[0].isalnum()]
        assert entries
        assert all("==" in line and line.endswith("\\") for line in entries), path
