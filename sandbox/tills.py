"""Which kinds of POS a scenario may name: one line each."""

from typing import Final

from sandbox.heartland.till import HEARTLAND
from sandbox.lightspeed_r.till import LIGHTSPEED_R
from sandbox.lightspeed_x.till import LIGHTSPEED_X
from sandbox.till import TillKind

KINDS: Final[dict[str, TillKind]] = {
    "heartland": HEARTLAND,
    "lightspeed_r": LIGHTSPEED_R,
    "lightspeed_x": LIGHTSPEED_X,
}
