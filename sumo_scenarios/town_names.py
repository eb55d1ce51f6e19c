"""The towns that `scenarios build` makes, by name, with what they are: light, for help texts and the Makefile.

`python -m sumo_scenarios.town_names` prints the names.
"""

from collections.abc import Mapping
from typing import Final

TOWN_NAMES: Final[Mapping[str, str]] = {
    "new-town": "9 signals where arterials of 4 to 6 lanes cross, 350 to 500 m apart",
    "tees": "5 T-junctions in a row, 130 to 260 m apart",
    "five-legs": "a five-leg junction between two of four legs",
    "roundabout": "a roundabout of one lane between two signals",
    "short-links": "4 signals in two pairs, with one-lane links of 40 m between them",
}

if __name__ == "__main__":
    import sys

    sys.stdout.write(" ".join(TOWN_NAMES) + "\n")
