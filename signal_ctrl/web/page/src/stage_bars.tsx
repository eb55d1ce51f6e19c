// Plans as bars: the stages of one cycle in their order, beginning where the offset puts them.
import { say } from "./labels";
import type { SignalPlan } from "./plans";

const WIDTH = 1000;
const LEFT = 60;
const ROW = 30;
const FILLS = ["#56b4e9", "#e69f00", "#009e73", "#f0e442", "#cc79a7", "#d9d9d9", "#0072b2", "#d55e00"];
const DARK = new Set(["#0072b2", "#009e73", "#d55e00"]);

interface Row {
  label: string;
  plan: SignalPlan | undefined;
}

/** Bars of one signal, below each other on one scale of seconds; a stage has the same fill in all of them. */
export function StageBars({ name, rows }: { name: string; rows: readonly Row[] }) {
  const longest = Math.max(1, ...rows.map((row) => row.plan?.cycle_ds ?? 0));
  const stages = [...new Set(rows.flatMap((row) => row.plan?.stages ?? []))];
  const x = (ds: number): number => LEFT + (ds / longest) * (WIDTH - LEFT - 4);
  const height = rows.length * ROW + 20;
  const words = rows.map((row) => `${row.label}: ${row.plan ? planWords(row.plan) : say("plans.absent")}`).join("; ");
  return (
    <figure tabIndex={0}>
      <figcaption>{name}</figcaption>
      <svg class="diagram bars broad" viewBox={`0 0 ${WIDTH} ${height}`} role="img" aria-label={`${name}: ${words}`}>
        {rows.map((row, at) => (
          <g key={row.label}>
            <text x={LEFT - 8} y={at * ROW + 19} text-anchor="end">
              {row.label}
            </text>
            {row.plan && <Bar plan={row.plan} stages={stages} x={x} y={at * ROW + 2} />}
          </g>
        ))}
        <text x={LEFT} y={height - 3}>
          0 s
        </text>
        <text x={WIDTH - 4} y={height - 3} text-anchor="end">
          {longest / 10} s
        </text>
      </svg>
    </figure>
  );
}

const planWords = (plan: SignalPlan): string =>
  `${plan.cycle_ds / 10} s, ${say("plans.offset")} ${plan.offset_ds / 10} s, ${plan.stages.map((each, at) => `${each} ${(plan.splits_ds[at] ?? 0) / 10} s`).join(", ")}`;

/** Pieces of a bar: a stage that the end of the cycle cuts goes on at its begin. [ds] */
function piecesOf(plan: SignalPlan): { stage: string; from: number; to: number }[] {
  let at = plan.offset_ds;
  return plan.stages.flatMap((stage, index) => {
    const [from, to] = [at % plan.cycle_ds, (at % plan.cycle_ds) + (plan.splits_ds[index] ?? 0)];
    at += plan.splits_ds[index] ?? 0;
    if (to <= plan.cycle_ds) return [{ stage, from, to }];
    return [
      { stage, from, to: plan.cycle_ds },
      { stage, from: 0, to: to - plan.cycle_ds },
    ];
  });
}

export function Bar({ plan, stages, x, y, height = 24 }: { plan: SignalPlan; stages: readonly string[]; x: (ds: number) => number; y: number; height?: number }) {
  return (
    <>
      {piecesOf(plan).map(({ stage, from, to }) => {
        const fill = FILLS[stages.indexOf(stage) % FILLS.length] ?? "#d9d9d9";
        const wide = x(to) - x(from);
        return (
          <g key={`${stage} ${from}`}>
            <rect x={x(from)} width={wide} y={y} height={height} fill={fill} stroke="#14181f" />
            {wide > 46 && (
              <text class={DARK.has(fill) ? "inside light" : "inside"} x={x(from) + wide / 2} y={y + height - 7} text-anchor="middle">
                {stage.slice(0, Math.floor(wide / 9))} {wide > 90 ? `${(to - from) / 10} s` : ""}
              </text>
            )}
          </g>
        );
      })}
      <path d={`M${x(plan.offset_ds)} ${y - 2}v${height + 4}`} stroke="currentColor" stroke-width="3" />
    </>
  );
}
