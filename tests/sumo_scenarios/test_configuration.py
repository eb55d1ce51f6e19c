"""A `.sumocfg` of any kind: synonyms, relative paths, options that are dropped, kept or overridden."""

import os
from pathlib import Path

import pytest

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.configuration import Configuration, read_configuration


def config(folder: Path, inner: str, *files: str) -> Configuration:
    for name in ("town.net.xml", *files):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("<net/>")
    (folder / "town.sumocfg").write_text(f"<configuration>{inner}</configuration>", encoding="utf-8")
    return read_configuration(folder / "town.sumocfg")


NET = '<net-file value="town.net.xml"/>'


@pytest.mark.parametrize(
    "inner",
    [
        NET,
        '<input><net-file value="town.net.xml"/></input>',
        '<n v="town.net.xml"/>',
        "<net>town.net.xml</net>",
        '<net-file value="sub/../town.net.xml"/>',
        '<net-file value=" town.net.xml "/>',
    ],
)
def test_the_network_is_found(tmp_path: Path, inner: str) -> None:
    assert config(tmp_path, inner).net == tmp_path / "town.net.xml"


def test_synonyms_lists_and_times(tmp_path: Path) -> None:
    inner = (
        '<net value="town.net.xml"/><r value="a.xml, sub/b.xml"/><a value="c.xml"/>'
        '<b value="00:01:00"/><e value="1:00:00:00"/><step-length value="0.5"/>'
    )
    found = config(tmp_path, inner, "a.xml", "sub/b.xml", "c.xml")
    assert found.routes == (tmp_path / "a.xml", tmp_path / "sub" / "b.xml")
    assert found.additional == (tmp_path / "c.xml",)
    assert (found.begin_s, found.end_s, found.step_s) == (60.0, 86400.0, 0.5)


def test_names_may_hold_spaces_percent_codes_and_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLACE", "sub")
    inner = NET + '<route-files value="a%20b.xml,c d.xml,${PLACE}/ü.xml,e%20f.xml"/>'
    found = config(tmp_path, inner, "a b.xml", "c d.xml", "sub/ü.xml", "e%20f.xml")
    assert [os.path.relpath(path, tmp_path) for path in found.routes] == [
        "a b.xml", "c d.xml", "sub/ü.xml", "e%20f.xml",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "option",
    [
        '<output><summary-output value="x.xml"/></output>',
        '<tripinfo-output value="x.xml"/>',
        '<tripinfo value="x.xml"/>',
        '<vehroutes value="x.xml"/>',
        '<netstate-dump value="x.xml"/>',
        '<device.rerouting.output value="x.xml"/>',
        '<device.ssm.probability value="1"/>',
        '<output-prefix value="TIME"/>',
        '<human-readable-time value="true"/>',
        '<save-state.times value="10"/>',
        '<log value="x"/>',
        '<gui_only><gui-settings-file value="x.xml"/></gui_only>',
        '<delay value="3"/>',
        '<remote-port value="8813"/>',
        '<route-steps value="200"/>',
        '<verbose value="true"/>',
        '<no-step-log value="true"/>',
        '<xml-validation value="always"/>',
        '<threads value="4"/>',
        '<begin value=""/>',
    ],
)
def test_output_report_and_display_are_dropped(tmp_path: Path, option: str) -> None:
    found = config(tmp_path, NET + option)
    assert (found.options, found.notices) == ((), ())


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ('<time-to-teleport value="300"/>', True),
        ('<time-to-teleport value="-1"/>', False),
        ('<time-to-teleport.highways value="10"/>', True),
        ('<max-depart-delay value="900"/>', True),
        ('<scale value="2"/>', True),
        ('<scale value="1.0"/>', False),
        ('<seed value="42"/>', True),
        ('<srand value="42"/>', True),
        ('<random value="true"/>', True),
        ('<random value="false"/>', False),
        ('<mesosim value="true"/>', True),
        ('<no-internal-links value="1"/>', True),
        ('<tls.all-off value="true"/>', True),
    ],
)
def test_what_a_run_sets_itself_is_said(tmp_path: Path, option: str, said: bool) -> None:
    found = config(tmp_path, NET + option)
    assert found.options == ()
    assert [("overridden" in notice) for notice in found.notices] == [True] * said


def test_other_options_are_kept_and_their_files_placed(tmp_path: Path) -> None:
    options = '<lateral-resolution value="0.8"/><weight-files value="w.xml"/><load-state value="s.xml"/>'
    found = dict(config(tmp_path, NET + options).options)
    assert found == {
        "lateral-resolution": "0.8",
        "weight-files": str(tmp_path / "w.xml"),
        "load-state": str(tmp_path / "s.xml"),
    }


@pytest.mark.parametrize(
    ("inner", "word"),
    [
        ("", "no net-file"),
        ('<net-file value="a.xml,b.xml"/>', "2 net-file"),
        ('<net-file value="none.xml"/>', "does not exist"),
        (NET + '<route-files value="a.xml;b.xml"/>', "does not exist"),
        (NET + '<additional-files value="none.xml"/>', "additional file"),
        (NET + NET, "twice"),
        (NET + '<n value="town.net.xml"/>', "twice"),
        (NET + '<begin value="noon"/>', "begin"),
        (NET + '<begin value="-5"/>', "begin"),
        (NET + '<end value="nan"/>', "end"),
        (NET + '<step-length value="2"/>', "steps of 0.01 to 1 s"),
        (NET + '<step-length value="0.001"/>', "steps of 0.01 to 1 s"),
        (f'<net-file value="{"x" * 5000}"/>', "does not exist"),
    ],
)
def test_what_cannot_be_used_is_refused(tmp_path: Path, inner: str, word: str) -> None:
    with pytest.raises(InvalidInputError, match=word):
        config(tmp_path, inner)


def test_a_comma_in_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="comma"):
        config(tmp_path / "a,b", NET)


def test_no_end_of_sumos_own_is_no_end(tmp_path: Path) -> None:
    assert config(tmp_path, NET + '<end value="-1"/>').end_s is None
