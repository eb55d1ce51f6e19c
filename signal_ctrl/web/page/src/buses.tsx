// Buses: where each is, how late and how close to the one before, and how regularly the lines run.
import { useEffect } from "preact/hooks";
import { say, sayAge } from "./labels";
import { Table, Wrong } from "./parts";
import { useList } from "./use_list";

interface Bus {
  vehicle: string;
  line: string;
  road: string;
  heard_s: number;
  load: number | null;
  places: number;
  at_stop: string;
  next_stop: string;
  late_s: number | null;
  ahead: string;
  before_s: number | null;
  usual_s: number | null;
  hold_s: number | null;
}

interface Line {
  line: string;
  buses: number;
  headway_s: number | null;
  regularity: { headways: number; mean_s: number; spread: number; excess_wait_s: number } | null;
  bunched: string[];
}

const EVERY_MS = 5000;

const seconds = (value: number | null) => (value === null ? "–" : say("age.s", { n: Math.round(value) }));

function where(bus: Bus): string {
  if (bus.at_stop) return say("buses.at", { stop: bus.at_stop });
  return bus.next_stop ? say("buses.to", { stop: bus.next_stop }) : say("buses.end");
}

export function BusesView() {
  const lines = useList<Line>("/v1/bus-lines");
  const buses = useList<Bus>("/v1/buses");
  useEffect(() => {
    const timer = setInterval(() => {
      lines.again();
      buses.again();
    }, EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  const lineRows = lines.found.map((each) => [
    each.line,
    String(each.buses),
    seconds(each.headway_s),
    seconds(each.regularity?.mean_s ?? null),
    each.regularity ? each.regularity.spread.toFixed(2) : "–",
    seconds(each.regularity?.excess_wait_s ?? null),
    each.bunched.length ? `▲ ${each.bunched.join(", ")}` : "",
  ]);
  const busRows = buses.found.map((each) => [
    each.line,
    each.vehicle,
    where(each),
    each.load === null ? "–" : `${each.load} / ${each.places}`,
    seconds(each.late_s),
    seconds(each.before_s),
    seconds(each.usual_s),
    each.hold_s === null ? "" : say("buses.waitFor", { n: Math.round(each.hold_s) }),
    sayAge(each.heard_s),
  ]);
  return (
    <section class="view">
      <h1>{say("view.buses")}</h1>
      <Wrong text={buses.wrong || lines.wrong} />
      <Table
        label={say("view.buses")}
        head={[
          say("buses.line"),
          say("buses.bus"),
          say("buses.where"),
          say("buses.load"),
          say("buses.late"),
          say("buses.headway"),
          say("buses.usual"),
          say("buses.wait"),
          say("buses.heard"),
        ]}
        rows={busRows}
        empty={say(buses.heard ? "buses.none" : "loading")}
      />
      <h2>{say("buses.lines")}</h2>
      <Table
        label={say("buses.lines")}
        head={[
          say("buses.line"),
          say("buses.count"),
          say("buses.usual"),
          say("buses.headway"),
          say("buses.spread"),
          say("buses.excess"),
          say("buses.bunched"),
        ]}
        rows={lineRows}
        empty={say(lines.heard ? "buses.noLines" : "loading")}
      />
    </section>
  );
}
