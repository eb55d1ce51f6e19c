"""The page of a demo opens by itself where somebody sits, and nowhere else."""

import sys
import threading
import webbrowser
from typing import Any

import pytest

from signal_ctrl.cli import demo_command, page_opening
from signal_ctrl.cli.page_opening import open_page, somebody_looks
from tests.patience import until

ADDRESS = "http://127.0.0.1:8080"


def test_a_browser_that_stays_open_keeps_nobody_waiting() -> None:
    closed, opened = threading.Event(), list[str]()

    def browse(address: str) -> bool:
        opened.append(address)
        return closed.wait(60)

    said = list[str]()
    open_page(ADDRESS, said.append, browse)
    until(lambda: opened == [ADDRESS], "the browser")
    assert said == []
    closed.set()


@pytest.mark.parametrize("error", [None, webbrowser.Error("none"), OSError("none")])
def test_where_none_opens_that_is_said(error: Exception | None) -> None:
    def browse(_: str) -> bool:
        if error is not None:
            raise error
        return False

    said = list[str]()
    open_page(ADDRESS, said.append, browse)
    until(lambda: said == [f"no browser opens here; open {ADDRESS} yourself"], "the word of it")


@pytest.mark.parametrize(("terminal", "screen", "looks"), [(True, ":0", True), (False, ":0", False), (True, "", False)])
def test_it_opens_by_itself_only_where_somebody_looks(
    terminal: bool, screen: str, looks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal, raising=False)
    monkeypatch.setenv("DISPLAY", screen)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert somebody_looks() is looks


@pytest.mark.parametrize(
    ("asked", "somebody", "opens"),
    [(None, True, True), (None, False, False), (True, False, True), (False, True, False)],
)
def test_who_says_so_has_it_opened_or_not(
    asked: bool | None, somebody: bool, opens: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from signal_ctrl.cli import demo_city

    told = dict[str, Any]()
    monkeypatch.setattr(page_opening, "somebody_looks", lambda: somebody)
    monkeypatch.setattr(demo_city, "show_city", lambda *_, **more: told.update(more) or 0)
    demo_command.demo(city=True, browser=asked)
    assert told["opens"] is opens
    told.clear()
    demo_command.demo(city=True, json_=True)
    assert told["opens"] is False, "whoever reads lines of JSON is a program"
