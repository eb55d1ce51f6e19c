"""Pictures of the page: the list of views, what is missing is named; the pictures themselves are taken of a demo city."""

import subprocess
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from bench.page_pictures import __main__ as page_pictures
from bench.page_pictures.views import SCREENS, VIEWS, chosen, file_of, straightest
from signal_ctrl.domain.errors import BackendError


def test_every_view_has_pictures_of_its_own() -> None:
    files = [file_of(Path(), view, SCREENS[name]) for view in VIEWS for name in view.screens]
    assert len(set(files)) == len(files)
    assert all(screen.width and screen.height for screen in SCREENS.values())


def test_views_are_chosen_by_name() -> None:
    assert chosen("") == VIEWS
    assert [view.name for view in chosen("wall,map")] == ["map", "wall"]
    with pytest.raises(ValueError, match="no view nothing"):
        chosen("nothing")


def test_the_three_that_lie_on_a_line_are_found() -> None:
    places = [("a", (0.0, 0.0)), ("b", (5.0, 1.0)), ("c", (1.0, 1.0)), ("d", (2.0, 2.0))]
    assert set(straightest(places)) == {"a", "c", "d"}


def test_a_machine_without_chinese_signs_is_told_which_font_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_fonts(*_: object, **__: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess((), 0, "", "")

    monkeypatch.setattr(page_pictures, "CHROMIUM", Path(__file__))
    monkeypatch.setattr(subprocess, "run", no_fonts)
    with pytest.raises(BackendError, match="fonts-noto-cjk"):
        page_pictures.check_machine()
    monkeypatch.setattr(page_pictures, "CHROMIUM", Path("/nowhere"))
    with pytest.raises(BackendError, match="apt-get install chromium"):
        page_pictures.check_machine()


def test_a_picture_is_small(tmp_path: Path) -> None:
    png = BytesIO()
    Image.new("RGBA", (1440, 900), "white").save(png, "PNG")
    assert page_pictures.write(png.getvalue(), tmp_path / "view.webp") < 10_000
    with Image.open(tmp_path / "view.webp") as found:
        assert (found.size, found.format) == ((1440, 900), "WEBP")
