// Every detector with how it does, a page at a time.
import { useState } from "preact/hooks";
import { junctions } from "./city";
import { say, sayTime, sayWord } from "./labels";
import { Field, Table, Wrong } from "./parts";
import { addressOf } from "./places";
import { useFresh } from "./use_fresh";

interface Detector {
  key: string;
  detector: string;
  where: string;
  kind: string;
  health: string;
  vehicles: number | null;
  veh_h: number | null;
  occupied: number | null;
  last_utc_ms: number | null;
  text: string;
}

interface Page {
  detectors: Detector[];
  after: string;
  by_health: Record<string, number>;
}

const EVERY_MS = 20_000;
const HEALTH = ["broken", "covered", "silent", "never heard", "counts"] as const;
const SIGN: Readonly<Record<string, string>> = { counts: "✔", covered: "▲", silent: "○", broken: "⬣", "never heard": "–" };

export function DetectorsView() {
  const [health, setHealth] = useState("");
  const [wanted, setWanted] = useState("");
  const [before, setBefore] = useState<string[]>([]);
  const after = before.at(-1) ?? "";
  const query = new URLSearchParams({ limit: "100", after, wanted, ...(health ? { health } : {}) });
  const { found, wrong } = useFresh<Page>(`/v1/detector-list?${query}`, EVERY_MS);
  const begin = (change: () => void) => {
    setBefore([]);
    change();
  };
  const rows = (found?.detectors ?? []).map((each) => [
    <span class={`health ${each.health === "counts" ? "" : "bad"}`}>
      <span aria-hidden="true">{SIGN[each.health] ?? ""}</span> {sayWord("health", each.health)}
    </span>,
    each.detector,
    junctions.value.has(each.where) ? <a href={addressOf("map", each.where)}>{each.where}</a> : each.where,
    sayWord("dkind", each.kind),
    each.veh_h === null ? "–" : `${each.veh_h}`,
    each.occupied === null ? "–" : `${Math.round(100 * each.occupied)} %`,
    each.last_utc_ms === null ? say("age.never") : sayTime(each.last_utc_ms),
    each.text || "–",
  ]);
  const head = [say("detectors.health"), say("detectors.detector"), say("column.object"), say("column.matter"), "veh/h", say("detectors.occupied"), say("detectors.last"), say("column.result")];
  return (
    <>
      <ul class="chips">
        {HEALTH.map((each) => (
          <li key={each}>
            <button type="button" aria-pressed={health === each} onClick={() => begin(() => setHealth(health === each ? "" : each))}>
              {SIGN[each]} {sayWord("health", each)}: {found?.by_health[each] ?? 0}
            </button>
          </li>
        ))}
      </ul>
      <Field label={say("detectors.find")}>
        <input type="search" value={wanted} maxLength={100} onInput={(e) => begin(() => setWanted(e.currentTarget.value))} />
      </Field>
      <Wrong text={wrong} />
      {found && <Table label={say("engineer.detectors")} head={head} rows={rows} empty={say("detectors.none")} />}
      <div class="buttons">
        {before.length > 0 && (
          <button type="button" onClick={() => setBefore(before.slice(0, -1))}>
            {say("page.back")}
          </button>
        )}
        {found?.after && (
          <button type="button" onClick={() => setBefore([...before, found.after])}>
            {say("page.on")}
          </button>
        )}
      </div>
    </>
  );
}
