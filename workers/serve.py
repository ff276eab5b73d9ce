"""`make run`: the Procfile's processes under a supervisor that restarts what dies, and a broker when none is named."""

import os
import pwd
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from honcho.environ import parse as parse_env
from honcho.environ import parse_procfile

from workers.broker import embedded_broker

HOME = Path(__file__).resolve().parent.parent

SUPERVISOR = """\
[supervisord]
nodaemon=true
{user}logfile=/dev/null
logfile_maxbytes=0
pidfile={var}/supervisord.pid
loglevel=warn
"""

PROGRAM = """
[program:{name}]
command={command}
directory={home}
autorestart=true
startsecs=2
startretries=1000000
stopsignal=TERM
stopwaitsecs=15
killasgroup=true
priority={priority}
redirect_stderr=true
stdout_logfile=/dev/fd/1
stdout_logfile_maxbytes=0
"""


def environment(environ: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The settings in force: the environment, over the `.env` file of this folder if there is one."""
    written = folder / ".env"
    own = parse_env(written.read_text()) if written.exists() else {}
    found: dict[str, str] = {"PORT": "8000", **own, **environ}
    found["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{found.get('PATH', os.defpath)}"
    found["PYTHONPATH"] = os.pathsep.join(filter(None, [str(HOME), found.get("PYTHONPATH")]))
    return found


def configuration(commands: Mapping[str, str], var: Path, home: Path) -> str:
    """A supervisord file that runs these shell commands, in this order."""
    user = f"user={pwd.getpwuid(0).pw_name}\n" if os.geteuid() == 0 else ""
    parts = [SUPERVISOR.format(user=user, var=var)]
    for priority, (name, command) in enumerate(commands.items(), start=1):
        line = shlex.join(["/bin/sh", "-c", f"exec env {command}"]).replace("%", "%%")
        parts.append(PROGRAM.format(name=name, command=line, home=home, priority=priority))
    return "".join(parts)


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))  # noqa: S104 - only to see whether somebody else has it
        except OSError:
            return False
    return True


def prepare(env: dict[str, str], folder: Path) -> list[str]:
    """Write the supervisor's file for the processes that run in `folder`; gives the command that starts them all."""
    var = folder / "var"
    var.mkdir(exist_ok=True, mode=0o700)
    commands = dict(parse_procfile((HOME / "Procfile").read_text()).processes)
    commands.pop("release")
    env.setdefault("PROMETHEUS_MULTIPROC_DIR", str(_emptied(var.resolve() / "metrics")))
    if not env.get("REDIS_URL"):
        broker = embedded_broker(var / "redis")
        env["REDIS_URL"] = broker.url
        commands = {"broker": shlex.join(broker.command), **commands}
    path = var / "supervisord.conf"
    path.write_text(configuration(commands, var.resolve(), folder.resolve()))
    return [sys.executable, "-m", "supervisor.supervisord", "-c", str(path.resolve())]


def _emptied(folder: Path) -> Path:
    """Where the web processes count together; what is left of earlier ones would be counted again."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def release(env: Mapping[str, str], folder: Path) -> bool:
    """Run the Procfile's release step; it prints its own problems."""
    command = parse_procfile((HOME / "Procfile").read_text()).processes["release"]
    return subprocess.run(["/bin/sh", "-c", command], env=env, cwd=folder).returncode == 0


def main() -> int:
    folder = Path.cwd()
    env = environment(os.environ, folder)
    if not env["PORT"].isdecimal():
        print(f"PORT={env['PORT']} is no port: write a number, such as PORT=8000 make run")
        return 2
    port = int(env["PORT"])
    if not port_is_free(port):
        print(
            f"Port {port} is taken by another program. Stop that one, or choose another port: PORT={port + 1} make run"
        )
        return 1
    if not release(env, folder):
        return 1
    print(f"Order Reconciler is starting: http://localhost:{port}/  (Ctrl-C stops it)", flush=True)
    command = prepare(env, folder)
    return os.execve(command[0], command, env)  # noqa: S606 - signals then reach the supervisor itself


if __name__ == "__main__":
    sys.exit(main())
