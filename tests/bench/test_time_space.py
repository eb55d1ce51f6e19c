"""Time-space diagrams: shapes that agree with the timing, drawn to both kinds of file."""

import re
from pathlib import Path

import pytest

from bench.time_space import draw, draw_pages
from bench.wave_cases import grid_case, street_case
from optimiser.green_wave.diagram import StreetDiagram, street_diagrams
from optimiser.green_wave.engines import Effort
from optimiser.green_wave.model import AM_BAND, MAXBAND, WaveRules
from optimiser.green_wave.planning import plan_wave
from signal_ctrl.domain.errors import InvalidInputError


@pytest.fixture(scope="module", params=[MAXBAND, AM_BAND])
def diagrams(request: pytest.FixtureRequest) -> tuple[StreetDiagram, ...]:
    rules = WaveRules(request.param)
    network = street_case(2, 5)
    return street_diagrams(network, rules, plan_wave(network, rules, Effort(20.0, 1e-3)).timing)


def test_bands_meet_green_wherever_they_pass(diagrams: tuple[StreetDiagram, ...]) -> None:
    """Each corner of a band lies at a signal, at the begin, the end or in the midst of a green of its direction."""
    (diagram,) = diagrams
    assert diagram.bands
    places_m = {metres for _, metres in diagram.places}
    for band in diagram.bands:
        for time_s, metres in band.corners:
            assert any(abs(metres - place_m) < 1e-6 for place_m in places_m)
            if not 0.0 < time_s < diagram.until_s:
                continue
            assert any(
                green.direction == band.direction
                and abs(green.at_m - metres) < 1e-6
                and green.from_s - 0.01 <= time_s <= green.to_s + 0.01
                for green in diagram.greens
            ), (time_s, metres)


def test_places_are_those_of_the_street(diagrams: tuple[StreetDiagram, ...]) -> None:
    (diagram,) = diagrams
    lengths_m = [link.distance_m for link in street_case(2, 5).courses[0].links]
    assert [name for name, _ in diagram.places] == ["S1", "S2", "S3", "S4", "S5"]
    assert diagram.places[-1][1] == pytest.approx(sum(lengths_m))


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_files_are_drawn_the_same_each_time(diagrams: tuple[StreetDiagram, ...], tmp_path: Path, suffix: str) -> None:
    paths = [tmp_path / f"{k}{suffix}" for k in range(2)]
    for path in paths:
        draw(diagrams, path)
    first, second = (path.read_bytes() for path in paths)
    assert first == second
    if suffix == ".svg":
        text = first.decode()
        assert "S5" in text and "time [s]" in text
        assert not re.search(r"<dc:date>", text)
    else:
        assert first.startswith(b"\x89PNG")


def test_other_files_are_refused(diagrams: tuple[StreetDiagram, ...], tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"\.png or \.svg"):
        draw(diagrams, tmp_path / "a.pdf")


def test_all_streets_of_a_grid_fit_into_one_picture(tmp_path: Path) -> None:
    network = grid_case(1, 2)
    found = street_diagrams(network, WaveRules(), plan_wave(network, WaveRules(), Effort(10.0, 2e-2)).timing)
    assert len(found) == 4
    draw(found, tmp_path / "grid.svg")
    assert (tmp_path / "grid.svg").stat().st_size > 1000
    with pytest.raises(InvalidInputError, match="12 streets at most"):
        draw(found * 4, tmp_path / "grid.svg")
    pages = draw_pages(found * 4, tmp_path / "many.svg")
    assert [page.name for page in pages] == ["many.svg", "many-2.svg"]
    assert all(page.stat().st_size > 1000 for page in pages)
