"""The sandbox's control port, as the drivers use it."""

import subprocess
import sys
import time
from datetime import datetime
from typing import Any

import requests


class Sandbox:
    """A running sandbox; its own process, so that its work does not count as the product's."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._session = requests.Session()
        self._session.trust_env = False
        self._process = subprocess.Popen([sys.executable, "-m", "sandbox", "--port", str(port)], stdout=sys.stderr)

    def wait(self) -> None:
        """Until it answers; raises RuntimeError when it does not come up."""
        for _ in range(200):
            try:
                self._session.get(f"{self.url}/_control/declared", timeout=2)
                return
            except requests.ConnectionError:
                if self._process.poll() is not None:
                    break
                time.sleep(0.1)
        raise RuntimeError("the sandbox did not start")

    def reset(self, **settings: Any) -> dict[str, Any]:
        return self._post("reset", settings)

    def advance(self, to: datetime) -> dict[str, Any]:
        return self._post("advance", {"to": to.isoformat()})

    def truth(self) -> dict[str, Any]:
        return self._get("truth")

    def declared(self) -> dict[str, Any]:
        return self._get("declared")

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=10)

    def _post(self, what: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._read(self._session.post(f"{self.url}/_control/{what}", json=body, timeout=60))

    def _get(self, what: str) -> dict[str, Any]:
        return self._read(self._session.get(f"{self.url}/_control/{what}", timeout=60))

    @staticmethod
    def _read(answer: requests.Response) -> dict[str, Any]:
        if answer.status_code >= 400:
            raise ValueError(answer.text)
        found: dict[str, Any] = answer.json()
        return found
