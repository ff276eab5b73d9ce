"""`make demo`: a shop's day with planted faults, played to the real service, and the table of what came of it.

Everything is real but the shop: web, worker, beat and broker are the processes that `make run` starts, and this
driver talks to them over HTTP only. One simulated clock, a file that all of them read, makes a day fit into minutes.
"""

import argparse
import shutil
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.text import Text

from sandbox.demo_service import Service, Shopfloor
from sandbox.demo_table import Row, judge, scenario_of, shown
from sandbox.tills import KINDS

START = datetime(2026, 11, 2, 6, tzinfo=UTC)
STEP = timedelta(minutes=1)
LONGEST_TAIL = timedelta(hours=8)
PACE = 30  # the orders that a fix releases arrive within minutes of whoever watches
FOLDER = Path("var/demo")

console = Console()


def main(once: bool, pos: str = "heartland") -> int:
    scenario = scenario_of(pos)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    floor = Shopfloor(FOLDER)
    service = Service(FOLDER)
    try:
        floor.open(scenario, START, service.url)
        service.start(floor)
        play(floor, service, timedelta(hours=scenario["hours"]))
        rows = judge(scenario, floor.truth(), service.orders())
        console.print(shown(rows))
        tell_verdict(rows)
        if once:
            return 0 if all(row.right for row in rows) else 1
        tell_addresses(floor, service)
        stay_up(floor, service)
    except KeyboardInterrupt:
        console.print("Stopped.")
    except RuntimeError as error:
        console.print(f"[bold]The demo could not go on:[/] {error}")
        return 1
    finally:
        service.stop()
        floor.close()
    return 0


def play(floor: "Shopfloor", service: "Service", day: timedelta) -> None:
    """Let the day pass: to the next thing that happens on either side, wait until the service is idle, and on."""
    end = START + day
    with Live(console=console, refresh_per_second=4, transient=True) as live:
        while True:
            moment = next_moment(floor, service)
            if moment > end and (moment > end + LONGEST_TAIL or service.is_done()):
                return
            floor.advance(moment)
            service.wait_until_idle()
            live.update(Text(f"{moment:%H:%M} on the shop's clock · {service.line()}"))


def next_moment(floor: "Shopfloor", service: "Service") -> datetime:
    ahead = [moment for moment in (floor.next_event_at, service.next_due_at()) if moment is not None]
    return max(min(ahead, default=floor.now + STEP), floor.now + STEP)


def tell_verdict(rows: list[Row]) -> None:
    wrong = [row for row in rows if not row.right]
    verdict = f"{len(wrong)} rows are not right." if wrong else "Every planted fault was found, explained and handled."
    console.print(f"[bold]{verdict}[/]")


def tell_addresses(floor: "Shopfloor", service: "Service") -> None:
    console.print(f"The page: {service.url}/   sign in with the token  {service.token}", soft_wrap=True)
    console.print(f"The shop's own admin, with the connector's settings: {floor.url}/admin/")


def stay_up(floor: "Shopfloor", service: "Service") -> None:
    console.print(
        "Some orders are still held back, and the page says why: change it in the shop's admin, tell the page that it is"
        f" fixed, and watch them arrive. The shop's clock now runs {PACE} times as fast as yours. Ctrl-C stops the demo."
    )
    while service.is_running():
        time.sleep(1)
        floor.advance(floor.now + PACE * timedelta(seconds=1))
    raise RuntimeError("the service has stopped; its log is var/demo/service.log")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--once", action="store_true")
    parser.add_argument("--pos", choices=sorted(KINDS), default="heartland")
    given = parser.parse_args()
    sys.exit(main(once=given.once, pos=given.pos))
