// Schedules in words and as days: which plan from when, by type of day.
export interface Schedule {
  name: string;
  zone: string;
  plans: { name: string; sha256: string }[];
  day_types: { name: string; weekdays: string[]; entries: { at: string; plan: string }[] }[];
  special_days: { date: string; day_type: string; note: string }[];
  conditions?: { when: string; day_type: string }[];
}

const DAY_MIN = 24 * 60;
const WIDTH = 1000;
const LEFT = 170;
const ROW = 28;
const FILLS = ["#56b4e9", "#e69f00", "#f0e442", "#cc79a7", "#d9d9d9", "#9fe0cb"];

const minuteOf = (at: string): number => Number(at.slice(0, 2)) * 60 + Number(at.slice(3, 5));

/** Returns what a schedule says, a line for each thing, so that two can be compared. */
export function linesOf(schedule: Schedule): string[] {
  return [
    `${schedule.zone}`,
    ...schedule.plans.map((each) => `${each.name} ${each.sha256.slice(0, 12)}`),
    ...schedule.day_types.flatMap((day) => [
      `${day.name}: ${day.weekdays.join(", ") || "–"}`,
      ...day.entries.map((each) => `${day.name} ${each.at} → ${each.plan}`),
    ]),
    ...schedule.special_days.map((each) => `${each.date} → ${each.day_type}${each.note ? ` (${each.note})` : ""}`),
    ...(schedule.conditions ?? []).map((each) => `${each.when} → ${each.day_type}`),
  ];
}

/** The types of day of one or two schedules, each a bar from midnight to midnight. */
export function DayBars({ title, rows }: { title: string; rows: { label: string; schedule: Schedule }[] }) {
  const plans = [...new Set(rows.flatMap(({ schedule }) => schedule.plans.map((each) => each.name)))];
  const days = [...new Set(rows.flatMap(({ schedule }) => schedule.day_types.map((each) => each.name)))];
  const bars = days.flatMap((day) =>
    rows.flatMap(({ label, schedule }) => {
      const found = schedule.day_types.find((each) => each.name === day);
      return found ? [{ label: `${day} ${label}`, entries: found.entries }] : [];
    }),
  );
  const x = (minute: number): number => LEFT + (minute / DAY_MIN) * (WIDTH - LEFT - 4);
  const height = bars.length * ROW + 20;
  const words = bars.map((bar) => `${bar.label}: ${bar.entries.map((each) => `${each.at} ${each.plan}`).join(", ")}`).join("; ");
  return (
    <figure tabIndex={0}>
      <figcaption>{title}</figcaption>
      <svg class="diagram bars broad" viewBox={`0 0 ${WIDTH} ${height}`} role="img" aria-label={`${title}: ${words}`}>
        {bars.map((bar, at) => (
          <g key={bar.label}>
            <text x={LEFT - 8} y={at * ROW + 18} text-anchor="end">
              {bar.label}
            </text>
            {bar.entries.map((entry, index) => {
              const [from, to] = [minuteOf(entry.at), bar.entries[index + 1] ? minuteOf(bar.entries[index + 1]?.at ?? "") : DAY_MIN];
              const wide = x(to) - x(from);
              return (
                <g key={entry.at}>
                  <rect x={x(from)} width={wide} y={at * ROW + 2} height={22} fill={FILLS[plans.indexOf(entry.plan) % FILLS.length] ?? "#d9d9d9"} stroke="#14181f" />
                  {wide > 40 && (
                    <text class="inside" x={x(from) + wide / 2} y={at * ROW + 18} text-anchor="middle">
                      {entry.plan.slice(0, Math.floor(wide / 9))}
                    </text>
                  )}
                </g>
              );
            })}
          </g>
        ))}
        {[0, 6, 12, 18, 24].map((hour) => (
          <text key={hour} x={x(hour * 60)} y={height - 3} text-anchor={hour === 24 ? "end" : hour === 0 ? "start" : "middle"}>
            {hour}:00
          </text>
        ))}
      </svg>
    </figure>
  );
}
