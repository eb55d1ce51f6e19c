"""The quick look at the counter: films are kept and counted, with and without calibration."""

from pathlib import Path

import pytest

from bench.video_quick import main


@pytest.mark.sumo
@pytest.mark.slow
def test_a_kept_film_is_counted_again_without_being_made_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = [
        "--reels",
        str(tmp_path),
        "--places",
        "cologne1/east",
        "--conditions",
        "day",
        "--seconds",
        "3",
        "--rate",
        "4",
    ]
    main(asked)
    (kept,) = tmp_path.iterdir()
    made_ns, first = kept.stat().st_mtime_ns, capsys.readouterr().out.splitlines()
    main([*asked, "--plain"])
    assert kept.stat().st_mtime_ns == made_ns
    assert first[0].startswith("cologne1/east") and first[-1].startswith("all") and "presence" in first[-1]
