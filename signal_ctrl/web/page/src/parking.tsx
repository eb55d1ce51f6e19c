// Parking as an operator sees it: a map of occupancy, turnover, estimated revenue, overstays, health of sensors.
import { language, say, sayAge, sayWord } from "./labels";
import { Table, Wrong } from "./parts";
import { sayTold } from "./told";
import { useFresh } from "./use_fresh";

export interface Row {
  facility: string;
  name: string;
  name_en: string;
  place: [number, number];
  open: boolean;
  capacity: number;
  free: number | null;
  trust: string;
  source: string;
  why: string;
  age_s: number | null;
  corrected_veh: number | null;
  turnover: number | null;
  stay_min: number | null;
  revenue_cents: number | null;
  revenue_by: string | null;
  currency: string;
}

interface Overview {
  capacity: number;
  known_capacity: number;
  free: number;
  guided: number;
  facilities: Row[];
  overstays: { facility: string; space: string; stay_min: number; over_min: number }[];
  overstays_count: number;
  senders: { sender: string; batches: number; taken: number; left_out: Record<string, number>; silent_s: number }[];
}

export interface Heard {
  named: boolean;
  reachable: boolean;
  why: string;
  age_s: number | null;
  overview: Overview | null;
}

const EVERY_MS = 10_000;
const WIDTH = 800;
const HEIGHT = 360;
const EDGE = 40;

export function ParkingView() {
  const { found: heard, wrong } = useFresh<Heard>("/v1/parking/overview", EVERY_MS);
  const overview = heard?.overview;
  return (
    <section class="view parking">
      <h1>{say("view.parking")}</h1>
      <Wrong text={wrong} />
      {heard && !heard.named && <p class="empty">{say("parking.unnamed")}</p>}
      {heard && heard.named && !heard.reachable && (
        <Wrong text={say("parking.silent", { why: sayTold(heard.why), age: heard.age_s === null ? say("age.never") : sayAge(heard.age_s) })} />
      )}
      {overview && (
        <>
          <p role="status">
            {say("parking.sum", { free: overview.free, known: overview.known_capacity, all: overview.capacity, guided: overview.guided })}
          </p>
          <OccupancyMap rows={overview.facilities} />
          <Facilities rows={overview.facilities} />
          <h2>{say("parking.overstays", { n: overview.overstays_count })}</h2>
          <Table
            label={say("parking.overstays", { n: overview.overstays_count })}
            head={[say("parking.facility"), say("parking.space"), say("parking.stay"), say("parking.over")]}
            rows={overview.overstays.map((each) => [each.facility, each.space, each.stay_min, each.over_min])}
            empty={say("parking.nobody")}
          />
          <h2>{say("parking.senders")}</h2>
          <Table
            label={say("parking.senders")}
            head={[say("parking.sender"), say("parking.heard"), say("parking.taken"), say("parking.left")]}
            rows={overview.senders.map((each) => [each.sender, sayAge(each.silent_s), each.taken, leftOut(each.left_out)])}
            empty={say("nothing")}
          />
        </>
      )}
    </section>
  );
}

const leftOut = (reasons: Record<string, number>) => Object.entries(reasons).map(([reason, n]) => `${reason} ${n}`).join(", ") || "–";
export const nameOf = (row: Row) => (language.value === "zh" ? row.name : row.name_en);
export const share = (row: Row) => (row.free === null ? null : 1 - row.free / row.capacity);

/** Each facility where it lies: how much of it is taken as a filled circle with its number, or a question mark. */
function OccupancyMap({ rows }: { rows: readonly Row[] }) {
  if (rows.length === 0) return null;
  const lon = rows.map((each) => each.place[0]);
  const lat = rows.map((each) => each.place[1]);
  const [west, east, south, north] = [Math.min(...lon), Math.max(...lon), Math.min(...lat), Math.max(...lat)];
  const scale = Math.min((WIDTH - 2 * EDGE) / Math.max(east - west, 1e-6), (HEIGHT - 2 * EDGE) / Math.max(north - south, 1e-6));
  const width = Math.max(HEIGHT, (east - west) * scale + 2 * EDGE); // no wider than it has to be, so that it is large on a phone
  const x = (degrees: number) => width / 2 + (degrees - (west + east) / 2) * scale;
  const y = (degrees: number) => HEIGHT / 2 - (degrees - (south + north) / 2) * scale;
  return (
    <svg class="occupancy" viewBox={`0 0 ${width} ${HEIGHT}`} role="img" aria-label={say("parking.map")}>
      {rows.map((each) => {
        const taken = share(each);
        const radius = 8 + Math.min(14, Math.sqrt(each.capacity));
        return (
          <g key={each.facility} transform={`translate(${x(each.place[0])} ${y(each.place[1])})`}>
            <title>{`${nameOf(each)}: ${each.free ?? "?"} / ${each.capacity}`}</title>
            <circle r={radius} class={taken === null ? "unknown" : taken > 0.95 ? "full" : taken > 0.8 ? "tight" : "free"} />
            <text text-anchor="middle" dy="4">
              {each.free ?? "?"}
            </text>
          </g>
        );
      })}
    </svg>
  );
}

function Facilities({ rows }: { rows: readonly Row[] }) {
  const head = ["facility", "trust", "free", "turnover", "stay", "revenue", "why"] as const;
  return (
    <Table
      label={say("view.parking")}
      head={head.map((each) => say(`parking.${each}`))}
      rows={rows.map((each) => [
        nameOf(each),
        `${sayWord("ptrust", each.trust)}${each.open ? "" : ` (${say("parking.closed")})`}`,
        `${each.free ?? "?"} / ${each.capacity}`,
        each.turnover ?? "–",
        each.stay_min ?? "–",
        each.revenue_cents === null ? "–" : `${(each.revenue_cents / 100).toFixed(2)} ${each.currency}`,
        [each.why.split("; ").map(sayTold).join("; "), each.corrected_veh ? say("parking.corrected", { n: each.corrected_veh }) : ""].filter(Boolean).join("; "),
      ])}
      empty={say("parking.none")}
    />
  );
}
