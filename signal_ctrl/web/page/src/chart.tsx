// A line of a day, with what is usual beside it; and the same as a table.
import { say } from "./labels";
import { Table } from "./parts";

export interface Point {
  atMs: number;
  value: number | null;
}

const WIDE = 640;
const HIGH = 200;
const LEFT = 44;
const BOTTOM = 24;
const TOP = 10;
const HOUR_MS = 3_600_000;
const DAY_H = 24;
const LINES = 4;

/** Args: usual, drawn dashed; wanted, a line to compare with. */
export function DayChart(props: { title: string; unit: string; fromMs: number; today: readonly Point[]; usual: readonly Point[]; wanted?: number }) {
  const { title, unit, fromMs, today, usual, wanted } = props;
  const values = [...today, ...usual].flatMap((each) => (each.value === null ? [] : [each.value]));
  const most = niceAbove(Math.max(4, wanted ?? 0, ...values));
  const x = (atMs: number) => LEFT + ((atMs - fromMs) / (DAY_H * HOUR_MS)) * (WIDE - LEFT - 8);
  const y = (value: number) => TOP + (1 - value / most) * (HIGH - TOP - BOTTOM);
  const last = [...today].reverse().find((each) => each.value !== null);
  const told = last?.value == null ? say("nothing") : `${round(last.value)} ${unit}`;
  return (
    <figure class="day-chart">
      <figcaption>
        {title} [{unit}]: <strong>{last?.value == null ? "–" : round(last.value)}</strong> <small>{say("trend.last")}</small>
      </figcaption>
      <svg viewBox={`0 0 ${WIDE} ${HIGH}`} role="img" aria-label={`${title}: ${told}`}>
        {[...Array(LINES + 1).keys()].map((at) => (
          <g key={at}>
            <path class="grid" d={`M${LEFT} ${y((most * at) / LINES)}H${WIDE - 8}`} />
            <text x={LEFT - 6} y={y((most * at) / LINES) + 4} text-anchor="end">
              {round((most * at) / LINES)}
            </text>
          </g>
        ))}
        {[0, 6, 12, 18, 24].map((hour) => (
          <text key={hour} x={x(fromMs + hour * HOUR_MS)} y={HIGH - 6} text-anchor={hour === 24 ? "end" : "middle"}>
            {hour}
          </text>
        ))}
        {wanted !== undefined && <path class="wanted" d={`M${LEFT} ${y(wanted)}H${WIDE - 8}`} />}
        <path class="usual" d={lineOf(usual, x, y)} />
        <path class="today" d={lineOf(today, x, y)} />
      </svg>
      <p class="day-key">
        <Line kind="today" /> {say("trend.today")}
        {usual.length > 0 && (
          <>
            {" "}
            <Line kind="usual" /> {say("trend.usual")}
          </>
        )}
        {wanted !== undefined && (
          <>
            {" "}
            <Line kind="wanted" /> {say("trend.wanted")}
          </>
        )}
      </p>
      <details>
        <summary>{say("trend.table")}</summary>
        <Table label={title} head={[say("replay.hour"), say("trend.today"), say("trend.usual")]} rows={hourly(fromMs, today, usual)} empty={say("nothing")} />
      </details>
    </figure>
  );
}

function Line({ kind }: { kind: string }) {
  return (
    <svg class="day-line" viewBox="0 0 32 8" aria-hidden="true">
      <path class={kind} d="M0 4H32" />
    </svg>
  );
}

/** A line through what is known; it breaks where nothing is. */
function lineOf(points: readonly Point[], x: (atMs: number) => number, y: (value: number) => number): string {
  let pen = "M";
  return points
    .map(({ atMs, value }) => {
      if (value === null) {
        pen = "M";
        return "";
      }
      const step = `${pen}${x(atMs).toFixed(1)} ${y(value).toFixed(1)}`;
      const only = pen === "M" ? "h0" : ""; // a point of its own is a dot
      pen = "L";
      return step + only;
    })
    .join("");
}

function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 5, 10].map((each) => each * power).find((each) => each >= value) ?? value;
}

const round = (value: number): string => (value >= 10 || Number.isInteger(value) ? String(Math.round(value)) : value.toFixed(1));

function hourly(fromMs: number, today: readonly Point[], usual: readonly Point[]): string[][] {
  const mean = (points: readonly Point[], hour: number) => {
    const own = points.flatMap(({ atMs, value }) => (value !== null && Math.floor((atMs - fromMs) / HOUR_MS) === hour ? [value] : []));
    return own.length > 0 ? round(own.reduce((sum, each) => sum + each, 0) / own.length) : "–";
  };
  return [...Array(DAY_H).keys()].map((hour) => [`${hour}:00`, mean(today, hour), mean(usual, hour)]).filter((row) => row[1] !== "–" || row[2] !== "–");
}
