"""`signal-ctrl detectors fuse`: one count of each lane from loops and video."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from signal_ctrl.cli.failures import say
from signal_ctrl.cli.output import number, put_json, put_table
from signal_ctrl.domain.errors import InvalidInputError

if TYPE_CHECKING:
    from detectors.fusion.align import Alignment
    from detectors.fusion.count_rows import Counts, FusedRow
    from detectors.fusion.noise import NoiseTable


def fuse(
    loops: Annotated[Path, typer.Argument(help="CSV: begin_s,end_s,lane,count[,valid_ratio,occupancy,light,weather].")],
    video: Annotated[Path, typer.Argument(help="The same of a camera, as `count --intervals` writes it.")],
    *,
    out: Annotated[Path, typer.Option(help="Write the fused counts as CSV.")],
    match: Annotated[
        list[str] | None, typer.Option(help="LANE=LINE or LANE=LINE:DIRECTION of the video; may be repeated.")
    ] = None,
    truth: Annotated[
        Path | None, typer.Option(help="Known counts, to learn from how good the sources are.", show_default=False)
    ] = None,
    noise: Annotated[Path | None, typer.Option(help="What --learned has written before.", show_default=False)] = None,
    learned: Annotated[
        Path | None, typer.Option(help="Write what was learned of the sources as JSON.", show_default=False)
    ] = None,
    profile: Annotated[
        Path | None, typer.Option(help="Usual counts of a day, for when no source is left.", show_default=False)
    ] = None,
    loop_crossings: Annotated[
        Path | None,
        typer.Option(help="CSV with time_s of single vehicles: brings the clocks together.", show_default=False),
    ] = None,
    video_crossings: Annotated[
        Path | None, typer.Option(help="The same of the video, as `count --out` writes it.", show_default=False)
    ] = None,
    shift: Annotated[float, typer.Option(help="How far the clock of the video is ahead. [s]")] = 0.0,
    correlation: Annotated[
        str, typer.Option(help="Of the sources' errors, 0 to 1, or 'unknown': the better one is taken.")
    ] = "0",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what is written.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Fuse the counts of loops and video by their variances; if one source dies the other carries on."""
    from detectors.fusion.count_rows import Fusing
    from detectors.fusion.count_rows import learned as learn
    from signal_ctrl.gateways.interval_counts import fused_csv
    from signal_ctrl.gateways.noise_json import noises_from_json, noises_to_json
    from signal_ctrl.gateways.whole_file import check_free, write_whole

    if noise is not None and truth is not None:
        raise InvalidInputError("--noise and --truth are given: take what was learned, or learn anew")
    for path in (out, learned):
        if path is not None:
            check_free(path, overwrite)
    related = _correlation(correlation)
    alignment = _alignment(loop_crossings, video_crossings)
    ahead_s = alignment.shift_s if alignment is not None and alignment.sure else shift
    counts = _counts(loops, video, _names(match), ahead_s, (truth, profile))
    known = None if noise is None else noises_from_json(_text(noise), str(noise))
    fusing = Fusing(learn(counts) if truth is not None else known, related)
    fused = fusing.fuse(counts)
    write_whole(out, fused_csv(fused))
    if learned is not None:
        write_whole(learned, noises_to_json(fusing.noises))
    document = _document(fused, fusing.noises, alignment, ahead_s)
    put_json(document) if json_ else _print(document, out)
    return 0


def _counts(
    loops: Path, video: Path, names: dict[str, str], ahead_s: float, more: tuple[Path | None, Path | None]
) -> "Counts":
    """Return the counts of both files on one clock. Args: more, files of true and of usual counts."""
    from detectors.fusion.count_rows import LOOPS, VIDEO, Counts, by_interval, check_one_grid, shifted
    from signal_ctrl.gateways.interval_counts import counts_of_csv, profile_of

    rows = {
        LOOPS: counts_of_csv(_text(loops), str(loops)),
        VIDEO: shifted(counts_of_csv(_text(video), str(video), names), ahead_s),
    }
    check_one_grid(rows)
    truth, profile = ([] if path is None else counts_of_csv(_text(path), str(path)) for path in more)
    known = by_interval(truth, str(more[0]))
    counts = Counts(
        {source: by_interval(own, source) for source, own in rows.items()},
        {key: row.count for key, row in known.items() if row.count is not None},
        profile_of(profile),
    )
    _check_lanes(counts)
    return counts


def _text(path: Path) -> str:
    from signal_ctrl.gateways.whole_file import read_whole

    return read_whole(path, "counts")


def _names(match: Sequence[str] | None) -> dict[str, str]:
    found = {}
    for each in match or ():
        lane, equals, line = each.partition("=")
        if not (lane and equals and line) or line in found:
            raise InvalidInputError(f"--match wants LANE=LINE, each line once, got '{each}'")
        found[line] = lane
    return found


def _correlation(text: str) -> float | None:
    if text == "unknown":
        return None
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1:
        raise InvalidInputError(f"--correlation wants 0 or more and below 1, or 'unknown', got '{text}'")
    return value


def _alignment(loops: Path | None, video: Path | None) -> "Alignment | None":
    from detectors.fusion.align import align
    from signal_ctrl.gateways.interval_counts import crossings_of_csv

    if (loops is None) != (video is None):
        raise InvalidInputError("--loop-crossings and --video-crossings belong together; give both")
    if loops is None or video is None:
        return None
    found = align(crossings_of_csv(_text(loops), str(loops)), crossings_of_csv(_text(video), str(video)))
    if not found.sure:
        say("the crossings do not tell how the clocks are apart; the video's times are taken as they are, less --shift")
    return found


def _check_lanes(counts: "Counts") -> None:
    """Raises: InvalidInputError if no lane is in both files."""
    lanes = [{lane for _, lane in rows} for rows in counts.rows.values()]
    if not set.intersection(*lanes):
        shown = " and ".join(", ".join(sorted(own)[:4]) for own in lanes)
        raise InvalidInputError(f"no lane is in both files ({shown}); say with --match which line is which lane")


def _document(
    fused: Sequence["FusedRow"], noises: "dict[str, NoiseTable]", alignment: "Alignment | None", shift_s: float
) -> dict[str, Any]:
    from detectors.fusion.count_rows import alarms_of
    from signal_ctrl.gateways.noise_json import noises_document

    lanes = sorted({row.lane for row in fused})
    return {
        "shift_s": round(shift_s, 3),
        "alignment": None
        if alignment is None
        else {
            "shift_s": round(alignment.shift_s, 3),
            "sure": alignment.sure,
            "peak": round(alignment.peak, 2),
            "drift_s_per_h": alignment.drift_s_per_h,
            "drift_deviation": alignment.drift_deviation,
        },
        "noise": noises_document(noises),
        "lanes": [_lane(lane, [row for row in fused if row.lane == lane]) for lane in lanes],
        "alarms": [
            {"begin_s": at_s, "lane": lane, "source": alarm.source, "what": alarm.doubt.value}
            for at_s, lane, alarm in alarms_of(fused)
        ],
    }


def _lane(lane: str, rows: Sequence["FusedRow"]) -> dict[str, Any]:
    known = [row.fused for row in rows if row.fused.vehicles is not None]
    said = {source: [row.said.get(source) for row in rows] for source in ("loops", "video")}
    return {
        "lane": lane,
        "intervals": len(rows),
        **{f"{source}_veh": sum(value for value in values if value is not None) for source, values in said.items()},
        **{f"{source}_missing": values.count(None) for source, values in said.items()},
        "fused_veh": round(sum(each.vehicles or 0.0 for each in known), 2),
        "fused_sd_veh": round(sum(each.variance for each in known) ** 0.5, 2),
        "by_profile": sum(each.profile for each in known),
        "unknown": len(rows) - len(known),
    }


def _print(document: dict[str, Any], out: Path) -> None:
    header = (
        *("lane", "intervals", "loops", "video", "fused", "± sd"),
        *("loops missing", "video missing", "by profile", "unknown"),
    )
    put_table(header, [_cells(each) for each in document["lanes"]])
    found = document["alignment"]
    if found is not None:
        drift = "–" if found["drift_s_per_h"] is None else f"{found['drift_s_per_h']:+.2f} s an hour"
        sure = "sure" if found["sure"] else "not sure"
        typer.echo(f"the video's clock is {found['shift_s']:+.2f} s ahead ({sure}), drift {drift}")
    for alarm in document["alarms"]:
        what = f"{alarm['source']} {alarm['what']}".strip()
        typer.echo(f"{alarm['begin_s']:.0f} s, lane {alarm['lane']}: {what}")
    typer.echo(f"in {out}")


def _cells(lane: dict[str, Any]) -> tuple[str, ...]:
    return (
        lane["lane"],
        str(lane["intervals"]),
        *(number(lane[key], 0) for key in ("loops_veh", "video_veh")),
        *(number(lane[key], 1) for key in ("fused_veh", "fused_sd_veh")),
        *(str(lane[key]) for key in ("loops_missing", "video_missing", "by_profile", "unknown")),
    )
