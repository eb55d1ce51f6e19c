"""What is read of a file of anchors that has grown for years, and that nothing is missed by reading less of it."""

import random
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from signal_ctrl.centre.anchors import Anchor, Anchoring, anchor_of, sign
from signal_ctrl.centre.audit import Head
from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.stores import anchor_files
from signal_ctrl.stores.anchor_files import AnchorFolder, anchors_after, anchors_at_end, anchors_in
from signal_ctrl.stores.audit_verification import verify
from signal_ctrl.stores.integrity import daily_findings
from signal_ctrl.stores.key_files import signing_key
from signal_ctrl.stores.opening import open_folder
from signal_ctrl.stores.retention import DAY_MS, retain
from tests.signal_ctrl.stores.test_audit import rewrite

MANY = 3_000


@pytest.fixture(scope="module")
def many() -> list[Anchor]:
    key = Ed25519PrivateKey.generate()
    return [sign(key, Head(3 * n, f"{n:064x}"), 1000 * n) for n in range(1, MANY + 1)]


@pytest.fixture
def folder(many: list[Anchor], tmp_path: Path) -> Path:
    (tmp_path / "anchors.jsonl").write_text("".join(f"{anchor.line()}\n" for anchor in many), encoding="utf-8")
    return tmp_path


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []

    def counted(line: str) -> Anchor:
        lines.append(line)
        return anchor_of(line)

    monkeypatch.setattr(anchor_files, "anchor_of", counted)
    return lines


@pytest.mark.parametrize("lines", [1, 2, 10, MANY, MANY + 1])
@pytest.mark.parametrize("more", [0, 1, -1])
def test_the_end_is_whole_lines(folder: Path, many: list[Anchor], read: list[str], lines: int, more: int) -> None:
    size = sum(len(anchor.line()) + 1 for anchor in many[-lines:])
    anchors, complaints = anchors_at_end(folder, size + more)
    wanted = min(lines, MANY) - (more < 0)
    assert (anchors, complaints) == (tuple(many[-wanted:] if wanted else []), ())
    assert len(read) == len(anchors)


def test_a_line_at_the_end_that_is_none_is_named(folder: Path, many: list[Anchor]) -> None:
    with (folder / "anchors.jsonl").open("a") as file:
        file.write("nonsense\n" + many[-1].line()[:40])
    anchors, (complaint,) = anchors_at_end(folder, 1000)
    assert anchors[-1] == many[-1] and "no anchor" in complaint
    assert anchors_in(folder) == (
        tuple(many),
        (f"{folder / 'anchors.jsonl'} line {MANY + 1}: " + complaint.split(": ", 1)[1],),
    )
    assert anchors_at_end(folder / "nowhere") == ((), ())


def test_what_lies_before_is_not_read(folder: Path, many: list[Anchor], read: list[str]) -> None:
    for n in (0, 1, 2, 3, 299, 300, 4_500, 3 * MANY - 1, 3 * MANY, 10**9):
        read.clear()
        found = [anchor for anchor, _ in zip(anchors_after(folder, n), range(5), strict=False)]
        assert found == [anchor for anchor in many if anchor.head.n > n][:5]
        assert len(read) < 60, n
    assert list(anchors_after(folder / "nowhere", 0)) == []


def test_damage_and_disorder_hide_no_anchor_that_is_in_order(folder: Path, many: list[Anchor]) -> None:
    path, dice = folder / "anchors.jsonl", random.Random(1)
    sound = path.read_bytes()
    for _ in range(20):
        changed = bytearray(sound)
        for _ in range(30):
            changed[dice.randrange(len(changed))] = 0
        path.write_bytes(changed)
        n = dice.randrange(3 * MANY)
        assert list(anchors_after(folder, n)) == [anchor for anchor in anchors_in(folder)[0] if anchor.head.n > n]


def test_a_folder_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "anchors.jsonl").mkdir()
    for look in (anchors_in, anchors_at_end, lambda folder: list(anchors_after(folder, 0))):
        with pytest.raises(InvalidInputError, match="cannot read"):
            look(tmp_path)


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A centre of 300 days, with an anchor for each of five records every five days."""
    data = tmp_path / "data"
    store, clock, key = open_folder(data, ballast_bytes=4096), ManualClock(1_000_000), signing_key(data)
    anchoring = Anchoring(store, key, clock, [AnchorFolder(data / "anchors", key.public_key())])
    for _ in range(60):
        store.write(lambda t: [t.record("ann", "note", "x", "done", clock.utc_ms()) for _ in range(5)])
        clock.pass_ms(5 * DAY_MS)
        anchoring.tick()
    store.close()
    return data


def test_the_daily_look_reads_the_end_and_finds_what_was_rewritten_long_before(
    kept: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(anchor_files, "END_BYTES", 1_000)
    assert daily_findings(kept) == ()
    assert len(read) <= 4, "of sixty"
    rewrite(kept, 7, 300)
    found = daily_findings(kept)
    assert any("was rewritten" in text for text in found), found
    (finding,) = verify(kept).verdict.findings[:1]
    assert (finding.n, "records 6 to 10" in finding.text) == (10, True), "all of them together tell where"


def test_retention_begins_where_it_ended_and_stops_at_what_is_young(kept: Path, read: list[str]) -> None:
    store = open_folder(kept, ballast_bytes=4096)
    begin_ms, keep_ms = 1_000_000, 200 * DAY_MS
    read.clear()
    assert retain(store, kept, begin_ms + 300 * DAY_MS, audit_ms=keep_ms)["audit"] == 5 * 19
    read.clear()
    assert retain(store, kept, begin_ms + 305 * DAY_MS, audit_ms=keep_ms)["audit"] == 5
    assert len(read) < 60
    store.close()
    assert verify(kept).is_sound
