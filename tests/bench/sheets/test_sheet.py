"""Controller sheets: what they say, by hand; names that are no tame ones; and as a browser prints them."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bench.junction_view import read_views
from bench.sheets.page import SheetFacts, SheetSignal, sheets_page
from bench.sheets.timing_diagram import greens_s, spans_of
from bench.tuning.store import tuned_plan
from signal_ctrl.cli.main import call
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.plan import Plan, SignalPlan, plan_hash, plan_to_json
from signal_ctrl.domain.profile import PUBLISHED
from signal_ctrl.domain.site import GroupKind, Right, SignalGroup, Site, Stage
from signal_ctrl.domain.site_json import site_hash, site_to_json
from signal_ctrl.engine.kept_cycle import kept_cycle
from signal_ctrl.kernel.kernel import Kernel
from sumo_scenarios.catalogue import resolve
from sumo_scenarios.world import build_world
from tests.signal_ctrl.engine.test_acceptance import PLAN, SITE

FACTS = SheetFacts("plan", "f" * 64, "signal-ctrl 1.2.3", "2026-11-26")
EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>&amp;"
VOID = {"meta", "br"}
LEFT = [(0, 5.5, "red"), (5.5, 31, "yield"), (31, 35, "go"), (35, 38, "amber"), (38, 50, "red")]
"""It gets priority when main has ended at 27.5 s and is 3.5 s gone, and walkers, who ended at 20 s, 11 s."""


class Reader(HTMLParser):
    """Keeps tags, attributes and words of a page, and checks that every tag is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.words: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


def many_groups(n: int) -> SheetSignal:
    """Return a signal of n groups that share two stages; groups of different stages conflict."""
    groups = tuple(SignalGroup(f"g{k}", GroupKind.VEHICLE, (k,), 30, 50, 900, 3000) for k in range(n))
    pairs = [[0b1111 if a % 2 == b % 2 else 0 for b in range(n)] for a in range(n)]
    gaps = [[-1 if a % 2 == b % 2 else 30 for b in range(n)] for a in range(n)]
    rights = [tuple(Right.PROTECTED if k % 2 == s else Right.NONE for k in range(n)) for s in range(2)]
    site = Site(
        "many", n, groups, (Stage("s1", rights[0]), Stage("s2", rights[1])), tuple(map(tuple, pairs)),
        tuple(map(tuple, gaps)), 0, "test", resolution_ds=10,
    )  # fmt: skip
    return SheetSignal(site, SignalPlan("many", site_hash(site), 600, 0, ("s1", "s2"), (300, 300)))


def test_what_a_group_shows_by_hand() -> None:
    """The times worked out for the plan in the test of acceptance; walkers clear for 8 s."""
    lit = kept_cycle(Kernel(SITE), PLAN)
    main, side, left, walk = (spans_of(lit, g) for g in range(4))
    assert [(s.from_s, s.to_s, s.kind) for s in main] == [
        (0, 5, "red"),
        (5, 27.5, "go"),
        (27.5, 30.5, "amber"),
        (30.5, 50, "red"),
    ]
    assert [(s.from_s, s.to_s, s.kind) for s in walk] == [
        (0, 6, "red"),
        (6, 20, "walk"),
        (20, 28, "clear"),
        (28, 50, "red"),
    ]
    assert [(s.from_s, s.to_s, s.kind) for s in left] == LEFT
    assert next((s.kind, s.to_s - s.from_s) for s in side) == ("amber", 3.0)
    assert greens_s(side, 50) == ((39.0, 50.0),)


def test_a_green_over_the_end_of_the_cycle_is_one() -> None:
    plan = replace(PLAN, stages=("left", "side", "main"), splits_ds=(150, 150, 200))
    lit = kept_cycle(Kernel(SITE), plan)
    assert greens_s(spans_of(lit, 2), 50) == ((35.5, 65.0),)
    words = read(sheets_page([SheetSignal(SITE, plan)], FACTS)).words
    assert "35.5–15" in words


def test_a_sheet_says_what_the_crew_needs() -> None:
    page = sheets_page([SheetSignal(SITE, replace(PLAN, offset_ds=70))], FACTS)
    words = " ".join(" ".join(read(page).words).split())
    for said in (
        "crossroads", "Plan plan", "Cycle 50 s · Offset 7 s", "Date 2026-11-26", "Sheet 1 of 1", "f" * 64, site_hash(SITE),
        "signal-ctrl 1.2.3", "in seconds modulo 50, reads 7", "walk: WALK at least 7 s, then 8 s to clear and 3 s buffer",
        "Prepared by, date, signature", "Checked by", "Installed by", "profile: test", "5.5–35", "39–50", "6–20",
    ):  # fmt: skip
        assert said in words, said
    rows = re.findall(
        r"<tr><td class=\"words\">(\w+)</td><td>([\d.]+)</td><td>([\d.–]+)</td><td>([\d.]+)</td></tr>", page
    )
    assert rows == [("main", "0", "5", "20"), ("left", "20", "–", "15"), ("side", "35", "39", "15")]
    matrix = page[page.index('class="matrix"') :]
    cells = re.findall(r'<td class="middle">([^<]*)</td>', matrix)[:16]
    assert cells == ["×", "4", "(3.5)", "", "5", "×", "5.5", "6", "(4.5)", "4", "×", "(5)", "", "11", "(11)", "×"]


def test_no_name_can_leave_its_place() -> None:
    groups = tuple(replace(group, name=f"{EVIL}{k}") for k, group in enumerate(SITE.groups))
    stages = tuple(replace(stage, name=f"{EVIL}{stage.name}") for stage in SITE.stages)
    site = replace(SITE, signal_id=EVIL, profile=EVIL, groups=groups, stages=stages)
    plan = SignalPlan(EVIL, site_hash(site), 500, 0, tuple(f"{EVIL}{name}" for name in PLAN.stages), PLAN.splits_ds)
    page = sheets_page([SheetSignal(site, plan)], SheetFacts(EVIL, "f" * 64, EVIL, EVIL[:40]))
    found = read(page)
    assert not found.tags & {"script", "img", "iframe", "object", "embed", "link", "a", "base", "form"}
    assert not any(name.startswith("on") for name, _ in found.attributes)
    assert EVIL in found.words
    assert not re.search(r"https?:|//[a-z]|@import|src=", re.sub(r"&[a-z#0-9]+;", "", page).replace("img src=x", ""))
    assert set(re.findall(r"url\(([^)]*)\)", page)) <= {f"#{n}-{k}" for n in ("cycle-1", "key") for k in "yac"}


def test_ids_are_there_once() -> None:
    world = build_world(resolve("cologne3"), PUBLISHED, None, None)
    plan = tuned_plan("cologne3", PUBLISHED)
    assert plan is not None
    sites = {unit.site.signal_id: unit.site for unit in world.units}
    views = read_views(world.config.net, tuple(sites))
    page = sheets_page([SheetSignal(sites[p.signal_id], p, views[p.signal_id]) for p in plan.signals], FACTS)
    ids = [value for name, value in read(page).attributes if name == "id"]
    assert len(ids) == len(set(ids))
    assert page.count('class="map"') == 3
    assert page.count('class="stage"') == sum(len(set(p.stages)) for p in plan.signals)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    plan, site = tmp_path / "plan.json", tmp_path / "site.json"
    plan.write_text(plan_to_json(Plan("p", (PLAN, replace(PLAN, signal_id="other")))), encoding="utf-8")
    site.write_text(site_to_json(SITE), encoding="utf-8")
    return plan, site


def test_from_site_documents(tmp_path: Path, files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    plan, site = files
    out = tmp_path / "sheet.html"
    assert call(["plan", "sheet", str(plan), "--site", str(site), "--out", str(out), "--date", "2026-05-01"]) == 0
    said = capsys.readouterr()
    assert "1 sheets of plan p" in said.out
    assert "no site is given for other" in said.err
    text = out.read_text(encoding="utf-8")
    assert plan_hash(Plan("p", (PLAN, replace(PLAN, signal_id="other")))) in text
    assert "2026-05-01" in text
    assert call(["plan", "sheet", str(plan), "--site", str(site), "--out", str(out)]) == 2


@pytest.mark.parametrize(
    ("arguments", "fix"),
    [
        ([], "give either --site"),
        (["--site", "S", "--scenario", "cologne3"], "give either --site"),
        (["--site", "S", "--site", "S"], "given twice"),
        (["--site", "P"], "not a site document"),
        (["--site", "X"], "cannot read the site"),
        (["--scenario", "cologne3"], "crossroads is not in this network"),
        (["--site", "S", "--signal", "other"], "signal other is not in the plan, or its site was not given"),
        (["--site", "S", "--date", "abc"], "--date: 'abc' is no date; write YYYY-MM-DD"),
        (["--site", "O"], "made for another site"),
    ],
)
def test_what_cannot_be_printed_is_one_line_and_leaves_nothing(
    tmp_path: Path, files: tuple[Path, Path], arguments: list[str], fix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    plan, site = files
    other = tmp_path / "other.json"
    other.write_text(site_to_json(replace(SITE, red_revert_ds=30)), encoding="utf-8")
    places = {"S": str(site), "P": str(plan), "X": str(tmp_path / "none"), "O": str(other)}
    before = sorted(path.name for path in tmp_path.iterdir())
    given = [places.get(word, word) for word in arguments]
    assert call(["plan", "sheet", str(plan), *given, "--out", str(tmp_path / "sheet.html")]) == 2
    said = capsys.readouterr().err
    assert fix in said
    assert said.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_a_plan_that_cannot_be_kept_has_no_sheet() -> None:
    with pytest.raises(InvalidInputError):
        sheets_page([SheetSignal(SITE, replace(PLAN, stages=("main",), splits_ds=(500,)))], FACTS)


@pytest.mark.browser
def test_every_signal_is_one_printed_page_and_nothing_is_fetched(tmp_path: Path) -> None:
    from tests.bench.browser import shown

    world = build_world(resolve("cologne8"), PUBLISHED, None, None)
    plan = tuned_plan("cologne8", PUBLISHED)
    assert plan is not None
    sites = {unit.site.signal_id: unit.site for unit in world.units}
    views = read_views(world.config.net, tuple(sites))
    signals = [SheetSignal(sites[p.signal_id], p, views[p.signal_id]) for p in plan.signals]
    signals += [SheetSignal(SITE, PLAN), many_groups(16), many_groups(24)]
    path = tmp_path / "sheet.html"
    path.write_text(sheets_page(signals, FACTS), encoding="utf-8")
    with shown(path, 900, "light") as page:
        page.page.emulate_media(media="print")
        heights_mm = page.page.evaluate(
            "Array.from(document.querySelectorAll('.sheet')).map(s => s.getBoundingClientRect().height / 96 * 25.4)"
        )
        widths = page.page.evaluate(
            "Array.from(document.querySelectorAll('.sheet')).map(s => s.scrollWidth - s.clientWidth)"
        )
        pdf = page.page.pdf(format="A4", prefer_css_page_size=True, print_background=True)
        assert page.requests == [path.as_uri()]
        assert page.complaints == []
    assert max(heights_mm) < 275
    assert max(widths) <= 0
    assert len(re.findall(rb"/Type\s*/Page[^s]", pdf)) == len(signals)
