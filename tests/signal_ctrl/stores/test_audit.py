"""The audit chain: what is changed is found, by its number."""

import json
import random
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from signal_ctrl.centre.anchors import Anchor, Anchoring, sign
from signal_ctrl.centre.audit import MAX_NAME, MAX_TEXT, Head
from signal_ctrl.centre.audit_check import check_chain
from signal_ctrl.cli.main import call
from signal_ctrl.domain.clock import ManualClock
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.stores.anchor_files import AnchorFolder, anchors_in
from signal_ctrl.stores.audit_verification import verify
from signal_ctrl.stores.key_files import signing_key
from signal_ctrl.stores.opening import open_folder, open_memory

RECORDS = 40
FIELDS = ("n", "at_utc_ms", "actor", "action", "object", "result", "late", "prev_hash", "hash")


@pytest.fixture
def kept(made: Path, tmp_path: Path) -> tuple[Path, Path]:
    """A data folder of 40 records, anchored at the 20th and the 35th, and the folder of the copies."""
    shutil.copytree(made, tmp_path / "copy")
    return tmp_path / "copy" / "data", tmp_path / "copy" / "away"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("audit")
    data, away = folder / "data", folder / "away"
    store = open_folder(data, ballast_bytes=4096)
    key = signing_key(data)
    places = [AnchorFolder(folder, key.public_key()) for folder in (data / "anchors", away)]
    clock = ManualClock(1_000_000)
    anchoring = Anchoring(store, key, clock, places)
    for k in range(1, RECORDS + 1):
        store.write(lambda t, k=k: t.record(f"user{k}", "hold_stage", f"junction {k}", "done", 1_000_000 + k))
        if k in (20, 35):
            clock.pass_ms(60_000)
            assert anchoring.tick() == ()
    store.close()
    return folder


def change(data: Path, *statements: str) -> None:
    connection = sqlite3.connect(data / "centre.db")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def findings(kept: tuple[Path, Path]) -> list[tuple[int, str]]:
    return [(found.n, found.text) for found in verify(kept[0], [kept[1]]).verdict.findings]


def test_nothing_is_found_where_nothing_was_done(kept: tuple[Path, Path]) -> None:
    found = verify(kept[0], [kept[1]])
    assert found.is_sound
    assert (found.verdict.records, found.verdict.anchors) == (RECORDS, 2)


@pytest.mark.parametrize("n", [1, 20, 27, RECORDS])
@pytest.mark.parametrize("field", FIELDS)
def test_one_flipped_bit_in_a_field_is_found(kept: tuple[Path, Path], field: str, n: int) -> None:
    connection = sqlite3.connect(kept[0] / "centre.db")
    value = connection.execute(f"SELECT {field} FROM audit WHERE n = {n}").fetchone()[0]
    flipped = value ^ (1 if field == "late" else 64) if isinstance(value, int) else chr(ord(value[0]) ^ 1) + value[1:]
    connection.execute(f"UPDATE audit SET {field} = ? WHERE n = ?", (flipped, n))
    connection.commit()
    connection.close()
    assert n in [found for found, _ in findings(kept)]
    assert len(findings(kept)) <= 3


def test_every_bit_of_one_text_is_found(kept: tuple[Path, Path]) -> None:
    text = b"junction 27"
    for place in range(0, len(text) * 8, 3):
        changed = bytearray(text)
        changed[place // 8] ^= 1 << place % 8
        change(kept[0], f"UPDATE audit SET object = CAST(x'{changed.hex()}' AS TEXT) WHERE n = 27")
        assert [n for n, _ in findings(kept)] == [27], changed
    change(kept[0], f"UPDATE audit SET object = CAST(x'{text.hex()}' AS TEXT) WHERE n = 27")
    assert findings(kept) == []


def test_a_removed_record_is_named(kept: tuple[Path, Path]) -> None:
    change(kept[0], "DELETE FROM audit WHERE n = 12")
    assert findings(kept)[0] == (12, "record 12 is missing, record 13 follows: removed or renumbered")


def test_a_removed_record_is_named_though_the_rest_was_renumbered(kept: tuple[Path, Path]) -> None:
    change(
        kept[0],
        "DELETE FROM audit WHERE n = 12",
        *(f"UPDATE audit SET n = {k - 1} WHERE n = {k}" for k in range(13, 41)),
    )
    assert findings(kept)[0][0] == 12


def test_an_inserted_record_is_named(kept: tuple[Path, Path]) -> None:
    up = [f"UPDATE audit SET n = {k + 1} WHERE n = {k}" for k in range(40, 11, -1)]
    copy = "INSERT INTO audit SELECT 12, at_utc_ms, actor, action, object, 'refused', late, prev_hash, hash FROM audit WHERE n = 13"
    change(kept[0], *up, copy)
    assert findings(kept)[0][0] == 12


def test_two_that_changed_places_are_named(kept: tuple[Path, Path]) -> None:
    change(kept[0], *(f"UPDATE audit SET n = {b} WHERE n = {a}" for a, b in ((12, 99), (13, 12), (99, 13))))
    assert [n for n, _ in findings(kept)[:2]] == [12, 13]


def test_a_tail_is_missed_back_to_the_last_anchor(kept: tuple[Path, Path]) -> None:
    change(kept[0], "DELETE FROM audit WHERE n > 35")
    assert findings(kept) == []
    change(kept[0], "DELETE FROM audit WHERE n > 34")
    assert findings(kept) == [(35, "is missing, as is all up to record 35, which was anchored: the tail was cut")]
    change(kept[0], "DELETE FROM audit")
    assert findings(kept) == [(1, "is missing, as is all up to record 35, which was anchored: the tail was cut")]


def test_a_record_with_a_hash_that_fits_is_still_named(kept: tuple[Path, Path]) -> None:
    rewrite(kept[0], 12, 12)
    assert findings(kept) == [(12, "is not the record after which record 13 was written: replaced or inserted")]


def test_a_chain_written_anew_does_not_fit_its_anchors(kept: tuple[Path, Path]) -> None:
    rewrite(kept[0], 27, RECORDS)
    assert findings(kept) == [
        (35, "is not what was anchored: something in the records 21 to 35 was rewritten"),
    ]


def rewrite(data: Path, first: int, last: int) -> None:
    """What somebody does who knows how the hashes are made."""
    from signal_ctrl.centre.audit import AuditRecord

    connection = sqlite3.connect(data / "centre.db")
    before = connection.execute("SELECT hash FROM audit WHERE n = ?", (first - 1,)).fetchone()[0]
    for n in range(first, last + 1):
        row = connection.execute("SELECT at_utc_ms, action, object, result FROM audit WHERE n = ?", (n,)).fetchone()
        record = AuditRecord(n, row[0], "nobody", *row[1:], False, before)
        before = record.hash()
        connection.execute(
            "UPDATE audit SET actor = 'nobody', prev_hash = ?, hash = ? WHERE n = ?", (record.prev_hash, before, n)
        )
    connection.commit()
    connection.close()


def test_anchors_forged_with_another_key_are_found(kept: tuple[Path, Path], tmp_path: Path) -> None:
    other = tmp_path / "other"
    (other / "keys").mkdir(parents=True)
    forged = sign(signing_key(other), Head(38, "0" * 64), 5)
    AnchorFolder(kept[1], signing_key(other).public_key()).add(forged)
    assert findings(kept) == [(38, "its anchor is not signed by the key of the audit")]


def test_a_flipped_bit_in_an_anchor_is_found(kept: tuple[Path, Path]) -> None:
    path = kept[1] / "anchors.jsonl"
    sound = path.read_bytes()
    for place in range(0, len(sound) * 8, 41):
        changed = bytearray(sound)
        changed[place // 8] ^= 1 << place % 8
        path.write_bytes(changed)
        known = {anchor.line() for anchor in anchors_in(kept[0] / "anchors")[0]}
        assert not verify(kept[0], [kept[1]]).is_sound or {a.line() for a in anchors_in(kept[1])[0]} <= known


def test_a_line_cut_short_by_a_crash_is_cut_off(kept: tuple[Path, Path]) -> None:
    path = kept[1] / "anchors.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:30])
    key = signing_key(kept[0])
    AnchorFolder(kept[1], key.public_key()).add(anchors_in(kept[0] / "anchors")[0][0])
    anchors, complaints = anchors_in(kept[1])
    assert (len(anchors), complaints) == (3, ())


def test_an_anchor_is_due_after_a_minute_or_a_thousand_records(tmp_path: Path) -> None:
    store = open_memory()
    (tmp_path / "keys").mkdir()
    key = signing_key(tmp_path)
    clock = ManualClock()
    anchoring = Anchoring(store, key, clock, [AnchorFolder(tmp_path / "a", key.public_key())])

    def note(times: int) -> Callable[..., None]:
        return lambda t: [t.record("a", "b", "c", "d", 1) for _ in range(times)] and None

    def numbers() -> list[int]:
        anchoring.tick()
        return [anchor.head.n for anchor in anchors_in(tmp_path / "a")[0]]

    store.write(note(999))
    clock.pass_ms(59_999)
    assert numbers() == []
    store.write(note(1))
    assert numbers() == [1000]
    clock.pass_ms(120_000)
    assert numbers() == [1000]
    store.write(note(1))
    assert numbers() == [1000, 1001]
    store.close()


def test_a_place_that_was_away_gets_the_newest_anchor(tmp_path: Path) -> None:
    store = open_memory()
    (tmp_path / "keys").mkdir()
    key = signing_key(tmp_path)
    clock = ManualClock()
    away = tmp_path / "away"
    away.write_text("in the way", encoding="utf-8")
    anchoring = Anchoring(store, key, clock, [AnchorFolder(away, key.public_key())])
    for _ in range(3):
        store.write(lambda t: t.record("a", "b", "c", "d", 1))
        clock.pass_ms(60_000)
        assert len(anchoring.tick()) == 1
    away.unlink()
    assert anchoring.tick() == ()
    assert [anchor.head.n for anchor in anchors_in(away)[0]] == [3]
    store.close()


@pytest.mark.parametrize("text", ["x" * 601, "a\0b", "\ud800"])
def test_a_text_that_cannot_be_kept_is_refused(text: str) -> None:
    store = open_memory()
    with pytest.raises(InvalidInputError):
        store.write(lambda t: t.record("ann", "note", text, "done", 1))
    assert store.write(lambda t: t.record("ann", "note", "'; DROP TABLE audit; --", "done", 1)) == 1
    store.close()


def test_a_folder_without_a_centre_is_said_to_be_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["audit", "verify", "--data", str(tmp_path / "nowhere")]) == 2
    assert capsys.readouterr().err == (
        f"signal-ctrl: {tmp_path}/nowhere holds no centre; name the folder that 'serve --data' has\n"
    )


def test_the_longest_names_and_texts_are_kept_everywhere(place: Any) -> None:
    store, rng = place.open(), random.Random(4)
    name, text = ("".join(chr(rng.randrange(0x20000, 0x2A000)) for _ in range(most)) for most in (MAX_NAME, MAX_TEXT))
    store.write(lambda t: t.record(name, "note", name, text, 1))
    (found,) = store.read(lambda r: r.audit.records(limit=10))
    assert (found.record.actor, found.record.object, found.record.result) == (name, name, text)
    with pytest.raises(InvalidInputError):
        store.write(lambda t: t.record("ann", "note", "sheep", f"{text}x", 1))
    store.close()


def test_the_work_of_a_check_grows_with_the_anchors_not_with_their_square(monkeypatch: pytest.MonkeyPatch) -> None:
    key, compared = Ed25519PrivateKey.generate(), 0
    anchors = [sign(key, Head(n, f"{n:064x}"), n) for n in range(1, 501)]
    equal = Anchor.__eq__

    def counted(one: Anchor, other: object) -> bool:
        nonlocal compared
        compared += 1
        return equal(one, other)

    monkeypatch.setattr(Anchor, "__eq__", counted)
    verdict = check_chain([], anchors, key.public_key())
    assert [found.text for found in verdict.findings] == [
        "is missing, as is all up to record 500, which was anchored: the tail was cut"
    ]
    assert compared <= len(anchors)


def test_commands(kept: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    data, away = map(str, kept)
    assert call(["audit", "verify", "--data", data, "--anchors", away, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["records"] == RECORDS
    assert call(["audit", "list", "--data", data, "--limit", "2"]) == 0
    assert "user40" in capsys.readouterr().out
    change(kept[0], "UPDATE audit SET actor = 'eve' WHERE n = 7")
    assert call(["audit", "verify", "--data", data, "--anchors", away]) == 1
    assert "record 7: is not what was recorded" in capsys.readouterr().out
    assert call(["audit", "verify", "--data", data, "--anchors", away + "x"]) == 2
    assert call(["audit", "verify", "--data", away]) == 2
