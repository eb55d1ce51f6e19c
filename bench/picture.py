"""README's picture, drawn from the files of a finished demo: `python -m bench.picture`."""

import argparse
import sys
from pathlib import Path
from typing import Final

from bench.charts import delay_chart
from bench.demo import SUMMARY_FILE
from bench.report import read_summary
from bench.report_style import STYLE
from bench.tables import DELAY_FILE, read_delays
from signal_ctrl.domain.errors import BackendError, SignalCtrlError

DEMO: Final = Path("out/demo")
PICTURE: Final = Path("docs/pictures/demo-delay.svg")
WIDTH: Final = 760.0
_BACKGROUND: Final = '<rect width="100%" height="100%" style="fill:var(--card)"/>'


def standing_alone(chart: str) -> str:
    """Return a chart of the report as an SVG document that brings its own style and background.

    >>> standing_alone('<svg id="a"><path/></svg>')[:47]
    '<svg xmlns="http://www.w3.org/2000/svg" id="a">'
    """
    head, _, rest = chart.partition(">")
    named = head.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    return f"{named}><style><![CDATA[{STYLE}]]></style>{_BACKGROUND}{rest}\n"


def draw(demo: Path, picture: Path) -> None:
    """Write the delay over time of a demo as a picture.

    Raises: InvalidInputError if the folder holds no finished demo; BackendError if it cannot be written.
    """
    order = [run["controller"] for run in read_summary(demo / SUMMARY_FILE)["runs"]]
    text = standing_alone(delay_chart(read_delays(demo / DELAY_FILE), order, WIDTH))
    try:
        picture.parent.mkdir(parents=True, exist_ok=True)
        picture.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BackendError(f"cannot write {picture}: {error.strerror}") from error


def main() -> int:
    """Draw the picture; 2 if there is no demo to draw it from."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--demo", type=Path, default=DEMO, help="folder of a finished demo")
    parser.add_argument("--out", type=Path, default=PICTURE, help="the picture")
    arguments = parser.parse_args()
    try:
        draw(arguments.demo, arguments.out)
    except SignalCtrlError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
