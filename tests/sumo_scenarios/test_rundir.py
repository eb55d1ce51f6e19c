"""A run's folder is there as a whole or not at all."""

import os
from pathlib import Path

import pytest

from signal_ctrl.domain.errors import BackendError, InvalidInputError
from sumo_scenarios.rundir import RUN_FILES, stage


def left_in(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def make_run(out: Path, text: str, overwrite: bool = False) -> None:
    staging = stage(out, overwrite)
    (staging.folder / "result.json").write_text(text)
    staging.finish()


def test_a_run_appears_at_once(tmp_path: Path) -> None:
    out = tmp_path / "a" / "run"
    staging = stage(out)
    (staging.folder / "result.json").write_text("1")
    (staging.scratch / "log").write_text("x")
    assert not out.exists()
    staging.finish()
    assert left_in(out) == ["result.json"]
    assert left_in(out.parent) == ["run"]
    assert not staging.scratch.exists()


def test_it_can_be_read_like_any_folder(tmp_path: Path) -> None:
    make_run(tmp_path / "run", "1")
    (tmp_path / "plain").mkdir()
    assert (tmp_path / "run").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_what_does_not_belong_is_left_out(tmp_path: Path) -> None:
    staging = stage(tmp_path / "run")
    for name in [*RUN_FILES, "core", "summary.xml"]:
        (staging.folder / name).write_text("")
    (staging.folder / "folder").mkdir()
    staging.finish()
    assert left_in(tmp_path / "run") == sorted(RUN_FILES)


def test_a_refused_run_leaves_nothing(tmp_path: Path) -> None:
    staging = stage(tmp_path / "a" / "b" / "run")
    (staging.folder / "net.xml").write_text("")
    staging.discard()
    assert left_in(tmp_path) == []
    assert not staging.scratch.exists()


def test_discarding_keeps_what_others_put_beside_it(tmp_path: Path) -> None:
    staging = stage(tmp_path / "a" / "run")
    (tmp_path / "a" / "mine").write_text("")
    staging.discard()
    assert left_in(tmp_path / "a") == ["mine"]


def test_another_run_is_kept(tmp_path: Path) -> None:
    make_run(tmp_path / "run", "old")
    with pytest.raises(InvalidInputError, match=r"holds another run; .*--overwrite"):
        stage(tmp_path / "run")
    assert left_in(tmp_path) == ["run"]


def test_overwriting_replaces_the_run_only_at_the_end(tmp_path: Path) -> None:
    make_run(tmp_path / "run", "old")
    (tmp_path / "run" / "net.xml").write_text("")
    staging = stage(tmp_path / "run", overwrite=True)
    (staging.folder / "result.json").write_text("new")
    assert (tmp_path / "run" / "result.json").read_text() == "old"
    staging.finish()
    assert left_in(tmp_path / "run") == ["result.json"]
    assert (tmp_path / "run" / "result.json").read_text() == "new"
    assert left_in(tmp_path) == ["run"]


def test_a_discarded_overwrite_keeps_the_old_run(tmp_path: Path) -> None:
    make_run(tmp_path / "run", "old")
    stage(tmp_path / "run", overwrite=True).discard()
    assert (tmp_path / "run" / "result.json").read_text() == "old"
    assert left_in(tmp_path) == ["run"]


def test_a_folder_of_someone_else_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_text("")
    (tmp_path / "photos" / "result.json").write_text("")
    with pytest.raises(InvalidInputError, match=r"files that no run wrote \(cat.jpg\)"):
        stage(tmp_path / "photos", overwrite=True)


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    make_run(tmp_path / "run", "1")
    assert left_in(tmp_path / "run") == ["result.json"]


def test_a_link_to_a_folder_is_followed(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to("there")
    make_run(tmp_path / "link", "1")
    assert left_in(tmp_path / "there") == ["result.json"]


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("")
    with pytest.raises(InvalidInputError, match="is a file"):
        stage(tmp_path / "run", overwrite=True)
    with pytest.raises(InvalidInputError, match=r"choose another --out"):
        stage(tmp_path / "run" / "below")


def test_the_current_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidInputError, match="current folder"):
        stage(Path("."))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_no_permission_is_bad_input(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(InvalidInputError, match=r"cannot write to .*choose another --out"):
        stage(tmp_path / "a" / "run")


def test_a_failing_system_call_is_bad_input_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("sumo_scenarios.rundir.tempfile.mkdtemp", refuse)
    with pytest.raises(InvalidInputError, match=r"Permission denied; choose another --out"):
        stage(tmp_path / "a" / "run")
    assert left_in(tmp_path) == []


def test_leavings_of_a_killed_run_are_swept(tmp_path: Path) -> None:
    dead = stage(tmp_path / "run")
    (dead.folder / "net.xml").write_text("")
    os.close(dead.lock)  # what the death of its processes does
    make_run(tmp_path / "run", "1")
    assert left_in(tmp_path) == ["run"]


def test_a_run_that_goes_on_is_not_swept(tmp_path: Path) -> None:
    first, second = stage(tmp_path / "run"), stage(tmp_path / "run")
    assert first.folder.exists()
    (first.folder / "result.json").write_text("first")
    (second.folder / "result.json").write_text("second")
    first.finish()
    with pytest.raises(BackendError, match=r"the run stays in"):
        second.finish()
    assert (tmp_path / "run" / "result.json").read_text() == "first"
    assert (second.folder / "result.json").read_text() == "second"


def test_a_failed_replacement_brings_the_old_run_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_run(tmp_path / "run", "old")
    staging = stage(tmp_path / "run", overwrite=True)
    rename = Path.rename

    def failing(self: Path, target: Path) -> Path:
        if self == staging.folder:
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(BackendError, match="No space left"):
        staging.finish()
    assert (tmp_path / "run" / "result.json").read_text() == "old"
