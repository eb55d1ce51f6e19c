"""The demo's report, built from a small synthetic demo: whole, well-formed, on its own."""

import gzip
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from bench.report import read_summary, write_report
from bench.tables import DelayRow, QueueRow, write_rows
from signal_ctrl.domain.errors import InvalidInputError
from tests.bench import browser

BEGIN_S, END_S = 25200.0, 25800.0
DELAYS_S = {"net": 40.0, "actuated": 36.0, "adaptive": 30.0}
JUNCTIONS = ("crossing", "<odd & long_" + "x" * 40)
PLOTS = ("delay-1040", "delay-380", "queue-0", "queue-1", "lamps-1040", "lamps-380", "stage-A", "stage-B")
VOID = {"meta", "link"}

NET = """<net>
<edge id="we" from="w" to="c"><lane id="we_0" shape="0,100 90,100"/></edge>
<edge id="ea" from="c" to="e"><lane id="ea_0" shape="110,100 200,100"/></edge>
<edge id="so" from="s" to="c"><lane id="so_0" shape="100,0 100,90"/></edge>
<edge id="no" from="c" to="n"><lane id="no_0" shape="100,110 100,200"/></edge>
<edge id=":c_0" function="internal"><lane id=":c_0_0" shape="90,100 100,100"/></edge>
<edge id=":c_1" function="internal"><lane id=":c_1_0" shape="100,90 100,110"/></edge>
<edge id=":c_2" function="internal"><lane id=":c_2_0" shape="100,100 110,100"/></edge>
<junction id="c" type="traffic_light" shape="90,90 110,90 110,110 90,110"/>
<connection from="we" to="ea" fromLane="0" toLane="0" via=":c_0_0" tl="crossing" linkIndex="0" dir="s"/>
<connection from="so" to="no" fromLane="0" toLane="0" via=":c_1_0" tl="crossing" linkIndex="1" dir="s"/>
<connection from=":c_0" to="ea" fromLane="0" toLane="0" via=":c_2_0" dir="s"/>
<connection from=":c_2" to="ea" fromLane="0" toLane="0" dir="s"/>
</net>"""


class Reader(HTMLParser):
    """Checks that tags close in order and keeps what tests look at."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.drawings: list[dict[str, str | None]] = []
        self.references: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        self.ids += [found["id"] or ""] if "id" in found else []
        self.references += [found[key] or "" for key in ("src", "href", "xlink:href") if key in found]
        if tag == "svg":
            self.drawings.append(found)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def state_at(time_s: float, green_s: float) -> str:
    at = time_s % (2 * green_s + 6)
    states = ((green_s, "Gr"), (green_s + 3, "yr"), (2 * green_s + 3, "rg"), (2 * green_s + 6, "ry"))
    return next(state for until_s, state in states if at < until_s)


def run_of(controller: str, delay_s: float) -> dict[str, Any]:
    return {
        "controller": controller, "run_dir": controller, "status": "complete",
        "begin_s": BEGIN_S, "end_s": END_S, "delay_s_per_vehicle": delay_s, "stops_per_vehicle": 1.5,
        "mean_speed_mps": 7.0, "longest_wait_s": 99.0, "unfinished_veh": 10,
        "vehicles": {"total": 100, "finished": 90, "unfinished": 8, "never_departed": 2},
        "kernel": {"frames": 0, "refusals": 0, "violations": 0}, "signals": ["crossing"], "left_alone": [],
        "decisions": 3, "decision_ms": {"p50": 1.0, "p99": 2.0, "max": 3.0},
        "worst_junction": {"id": "crossing", "mean_queue_veh": 4.5, "max_queue_veh": 9},
    }  # fmt: skip


def build_demo(folder: Path, queues: bool = True) -> Path:
    delays, rows = [], []
    for k, controller in enumerate(DELAYS_S):
        (folder / controller).mkdir(parents=True)
        (folder / controller / "net.xml").write_text(NET)
        states = "".join(
            f'<tlsState time="{BEGIN_S + s}" id="crossing" state="{state_at(s, 20 + 5 * k)}"/>'
            for s in range(int(END_S - BEGIN_S))
        )
        (folder / controller / "tls_states.xml.gz").write_bytes(
            gzip.compress(f"<tlsStates>{states}</tlsStates>".encode())
        )
        delays += [
            DelayRow(controller, BEGIN_S + 60 * n, 60.0, n, 30.0 + n - 5 * k if n else float("nan")) for n in range(10)
        ]
        rows += [
            QueueRow(controller, BEGIN_S + 30 * n, junction, (n + 3 * k) % 9 // (1 + j))
            for n in range(1, 21)
            for j, junction in enumerate(JUNCTIONS)
        ]
    write_rows(folder / "delay_over_time.csv", DelayRow, delays)
    write_rows(folder / "queues.csv", QueueRow, rows if queues else [])
    summary = {
        "scenario": "toy<town>", "description": "one & only", "source": "made up", "terms": "free", "seed": 1,
        "demand_seed": 0, "sensing": "loops", "profile": "published", "begin_s": BEGIN_S, "end_s": END_S,
        "step_s": 1.0, "versions": {"signal-ctrl": "0.1.0", "sumo": "1.28.0", "python": "3.11"},
        "commit": "abc123", "command": ["signal-ctrl", "demo"],
        "runs": [run_of(name, delay_s) for name, delay_s in DELAYS_S.items()],
    }  # fmt: skip
    (folder / "summary.json").write_text(json.dumps(summary))
    return folder


@pytest.fixture
def page(tmp_path: Path) -> str:
    return write_report(build_demo(tmp_path)).read_text(encoding="utf-8")


def test_the_page_is_well_formed_and_holds_every_plot(page: str) -> None:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    assert len(reader.ids) == len(set(reader.ids))
    assert [drawing["id"] for drawing in reader.drawings] == list(PLOTS)


def test_every_plot_has_words_for_those_who_hear_it(page: str) -> None:
    reader = Reader()
    reader.feed(page)
    for drawing in reader.drawings:
        assert drawing["role"] == "img"
        assert {f"{drawing['id']}-t", f"{drawing['id']}-d"} <= set(reader.ids)
    assert all(re.findall(r"<desc[^>]*>(.*?)</desc>", page))


def test_the_page_stands_alone(page: str) -> None:
    reader = Reader()
    reader.feed(page)
    assert reader.references == ["data:,"]
    assert "http" not in page
    assert "<script" not in page
    assert "@import" not in page and "url(" not in page


def test_the_verdict_comes_first_and_compares(page: str) -> None:
    assert page.index("Verdict") < page.index("<svg")
    assert "loses 30.0 s: 25% less than under <b>net</b> and 17% less than under <b>actuated</b>" in page
    assert "class=best><span>30.0 <small>(−25%)</small>" in page
    for words in (
        "unfinished",
        "worst junction",
        "abc123",
        "sumo 1.28.0",
        "drivers 1, demand 0",
        "published",
    ):
        assert words in page


def test_names_are_escaped(page: str) -> None:
    assert "toy&lt;town&gt;" in page and "toy<town>" not in page
    assert "&lt;odd &amp; long_" in page and "<odd" not in page


def test_a_demo_without_queues_still_shows_a_junction(tmp_path: Path) -> None:
    page = write_report(build_demo(tmp_path, queues=False)).read_text(encoding="utf-8")
    assert "queue-0" not in page
    assert "Junction crossing in detail" in page


def test_stages_and_lamps_name_arms_and_turns(page: str) -> None:
    assert "Green: from W: straight on" in page
    assert "Green: from S: straight on" in page
    assert "from W: straight on: green 20 s from" in page
    assert "W ↑" in page and "S ↑" in page


@pytest.mark.parametrize("content", [None, "{", "[]", "{}"])
def test_a_folder_without_a_demo_is_refused(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "summary.json").write_text(content)
    with pytest.raises(InvalidInputError, match="signal-ctrl demo"):
        read_summary(tmp_path / "summary.json")


@pytest.mark.parametrize("content", ["controller\nnet", "a,b\n1,2,3,4,5,6\n"])
def test_damaged_tables_are_refused(tmp_path: Path, content: str) -> None:
    build_demo(tmp_path)
    (tmp_path / "queues.csv").write_text(content)
    with pytest.raises(InvalidInputError, match="queues"):
        write_report(tmp_path)


@pytest.mark.browser
@pytest.mark.skipif(not browser.CHROMIUM.exists(), reason="no chromium")
@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (1200, "dark"), (375, "light")])
def test_a_browser_shows_every_plot_without_a_complaint(tmp_path: Path, width: int, scheme: Any) -> None:
    report = write_report(build_demo(tmp_path))
    with browser.shown(report, width, scheme) as seen:
        plots = seen.page.evaluate(
            "[...document.querySelectorAll('svg')].filter(e => e.getBoundingClientRect().height > 40).map(e => e.id)"
        )
        too_wide = seen.page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    other = "380" if width > 640 else "1040"
    assert plots == [name for name in PLOTS if not name.endswith(f"-{other}")]
    assert not seen.complaints
    assert not too_wide
    assert [url for url in seen.requests if not url.startswith(("file:", "data:"))] == []
