"""Damaged parquet files are refused by name, whatever is wrong with them; the small encodings by hand."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signal_ctrl.domain.errors import BackendError
from sumo_scenarios.measures.hybrid import decode_hybrid
from sumo_scenarios.measures.parquet import read_parquet
from sumo_scenarios.measures.thrift import read_struct
from sumo_scenarios.settings import RunSettings
from tests.sumo_scenarios.measures.runs import make_run

COLUMNS = ("vehicle_id", "vehicle_lane", "timestep_time", "vehicle_pos", "vehicle_speed")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("parquet")
    make_run(RunSettings("cologne1", controller="net", end_s=25230.0), folder)
    return folder / "evidence" / "trajectories.parquet"


@pytest.mark.sumo
@settings(max_examples=150)
@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=4), st.booleans())
def test_damage_is_refused_or_read(whole: Path, changes: list[tuple[int, int]], at_the_end: bool) -> None:
    content = bytearray(whole.read_bytes())
    for place, byte in changes:  # headers lie at the end and before each page
        content[-(place % 2000) - 1 if at_the_end else place % len(content)] = byte
    path = whole.with_name("damaged.parquet")
    path.write_bytes(bytes(content))
    try:
        found = read_parquet(path, COLUMNS)
    except BackendError as error:
        assert str(path) in str(error)
    else:
        assert set(found) <= set(COLUMNS)


@pytest.mark.sumo
@pytest.mark.parametrize("kept", [0, 3, 11, 500, -1, -9])
def test_cut_files_are_refused(whole: Path, kept: int) -> None:
    path = whole.with_name("cut.parquet")
    path.write_bytes(whole.read_bytes()[:kept])
    with pytest.raises(BackendError, match="cannot read"):
        read_parquet(path, COLUMNS)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="cannot read"):
        read_parquet(tmp_path / "none.parquet", COLUMNS)


@given(st.integers(1, 20), st.lists(st.tuples(st.integers(0, 2**20 - 1), st.integers(1, 40)), max_size=12))
def test_runs_and_packed_numbers_are_read_back(width: int, runs: list[tuple[int, int]]) -> None:
    """Written by a slow second hand: each run either repeated, or packed eight by eight."""
    content, expected = bytearray(), []
    for drawn, length in runs:
        value = drawn % (1 << width)
        if length % 2:
            content += bytes([length << 1 & 127 | 128, length << 1 >> 7]) + value.to_bytes((width + 7) // 8, "little")
            expected += [value] * length
        else:
            numbers = [(value + k) % (1 << width) for k in range(8)]
            packed = sum(number << (width * k) for k, number in enumerate(numbers))
            content += bytes([1 << 1 | 1]) + packed.to_bytes(width, "little")
            expected += numbers
    assert decode_hybrid(bytes(content), width, len(expected)).tolist() == expected
    with pytest.raises(ValueError, match="cut off"):
        decode_hybrid(bytes(content), width, len(expected) + 1)


def test_numbers_without_bits_are_zero() -> None:
    assert np.array_equal(decode_hybrid(b"", 0, 3), np.zeros(3))
    with pytest.raises(ValueError, match="33 bits"):
        decode_hybrid(b"", 33, 1)


def test_a_thrift_struct_is_read() -> None:
    """Field 1: 150 (i32), field 2: 'ab', field 4: a list of two integers, field 20: true, field 21: a struct."""
    content = bytes([0x15, 0xAC, 0x02, 0x18, 2, 97, 98, 0x29, 0x25, 2, 3, 0x01, 40, 0x1C, 0x15, 2, 0, 0])
    assert read_struct(content, 0) == ({1: 150, 2: b"ab", 4: [1, -2], 20: True, 21: {1: 1}}, len(content))
