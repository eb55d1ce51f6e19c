// Corridors of special vehicles: which vehicle, its way, the junctions ahead, who goes first, the price, the release.
import { useEffect, useState } from "preact/hooks";
import { ask, may } from "./api";
import { nowMs, type Price } from "./city";
import { corridorAgeS, corridors, type CorridorRow, followCorridors, RANKS, refreshCorridors } from "./corridors_now";
import { say, sayAge, sayTime, sayWord } from "./labels";
import { CityMapView } from "./map";
import { Ask, Field, Table, useAct, Wrong } from "./parts";
import { isPast } from "./past";
import { addressOf } from "./places";
import { PriceText } from "./take_over";
import { useFresh } from "./use_fresh";
import { type Listed, useList } from "./use_list";

const PRICE_MS = 10_000;

interface Vehicle {
  vehicle: string;
  kind: string;
  unit: string;
  owner: string;
  revoked_utc_ms: number | null;
}

interface Mission {
  mission_id: string;
  text: string;
  unit: string;
}

export function SpecialView() {
  const vehicles = useList<Vehicle>("/v1/special-vehicles");
  const known = vehicles.found.filter((each) => each.revoked_utc_ms === null);
  return (
    <div class="split">
      <CityMapView />
      <aside class="panel">
        <h1>{say("view.special")}</h1>
        <p>{say("special.rule")}</p>
        <CorridorList />
        {may("dispatch") && <AskForOne vehicles={known} />}
        {!isPast.value && <Register known={known} vehicles={vehicles} />}
      </aside>
    </div>
  );
}

function Register({ known, vehicles }: { known: readonly Vehicle[]; vehicles: Listed<Vehicle> }) {
  return (
    <>
      <h2>{say("special.register")}</h2>
      <Wrong text={vehicles.wrong} />
      <Table
        label={say("special.register")}
        head={[say("special.vehicle"), say("column.matter"), say("unit"), say("special.owner")]}
        rows={known.map((each) => [each.vehicle, sayWord("ukind", each.kind), each.unit || "–", each.owner || "–"])}
        empty={say(vehicles.heard ? "special.nobody" : "loading")}
      />
    </>
  );
}

export function CorridorList() {
  useEffect(followCorridors, []);
  if (corridors.value.length === 0) return <p class="empty">{say("special.none")}</p>;
  const ranked = [...corridors.value].sort((a, b) => RANKS.indexOf(a.corridor.kind) - RANKS.indexOf(b.corridor.kind) || a.corridor.asked_utc_ms - b.corridor.asked_utc_ms);
  return (
    <ul class="cards">
      {ranked.map((each) => (
        <CorridorCard key={each.corridor.corridor} row={each} />
      ))}
    </ul>
  );
}

function CorridorCard({ row }: { row: CorridorRow }) {
  const [asking, setAsking] = useState(false);
  const { busy, wrong, act } = useAct();
  const { corridor, vehicle, kind } = row.corridor;
  const { found } = useFresh<{ ahead: Price | null }>(isPast.value ? "" : `/v1/corridors/${encodeURIComponent(corridor)}/price`, PRICE_MS);
  const end = () =>
    act(async () => {
      setAsking(false);
      await ask("DELETE", `/v1/corridors/${encodeURIComponent(corridor)}`);
      refreshCorridors();
    });
  return (
    <li class="card active" data-corridor={corridor}>
      <h2>
        ▲ {vehicle} · {sayWord("ukind", kind)}
      </h2>
      <p>
        <strong>{under(row)}</strong>
        {row.heard_s !== null && ` · ${say("special.heard", { age: sayAge(corridorAgeS(row.heard_s)) })}`}
      </p>
      <p>
        {say("special.rank", { rank: RANKS.indexOf(kind) + 1, all: RANKS.length })} · {say("special.asked", { who: row.corridor.asked_by, time: sayTime(row.corridor.asked_utc_ms) })}
        {row.corridor.mission && ` · ${row.corridor.mission}`}
      </p>
      <p>
        {say("special.way", { first: row.corridor.roads[0] ?? "", last: row.corridor.roads.at(-1) ?? "", n: row.corridor.roads.length })}
        {row.corridor.predicted && ` · ${say("special.likely")}`}
      </p>
      <ol>
        {row.arrivals.map((each) => (
          <Ahead key={each.signal} row={row} at={each} />
        ))}
      </ol>
      {found?.ahead && <PriceText price={found.ahead} />}
      <Wrong text={wrong} />
      {may("dispatch") && (
        <div class="buttons">
          <button type="button" disabled={busy} onClick={() => setAsking(true)}>
            {say("release")}
          </button>
        </div>
      )}
      {asking && <Ask text={say("special.release.ask", { vehicle })} yes={say("release")} onNo={() => setAsking(false)} onYes={() => void end()} />}
    </li>
  );
}

/** Whether it is under way, and how far. */
function under(row: CorridorRow): string {
  const left = (row.corridor.departs_utc_ms - nowMs.value) / 1000;
  if (left > 0) return say("special.departs", { age: sayAge(left) });
  return say("special.along", { m: Math.round(row.along_m ?? 0), all: Math.round(row.length_m ?? 0) });
}

function Ahead({ row, at }: { row: CorridorRow; at: CorridorRow["arrivals"][number] }) {
  const kept = row.kept.find((each) => each.cabinet === at.cabinet);
  return (
    <li class={`leg ${kept ? "green" : "waits"}`} data-ahead={at.cabinet}>
      <span class="leg-sign" aria-hidden="true">
        {kept ? "◉" : "○"}
      </span>
      <span>
        <a href={addressOf("map", at.cabinet)}>{at.cabinet || at.signal}</a>
        {kept ? ` → ${kept.stage} · ` : " · "}
        <strong>{say(kept ? "special.kept" : "special.ahead")}</strong>
        <small>{say("special.arrives", { s: Math.round(at.expected_s), early: Math.round(at.early_s), late: Math.round(at.late_s) })}</small>
      </span>
    </li>
  );
}

/** A corridor for the unit of a mission that is a special vehicle. */
function AskForOne({ vehicles }: { vehicles: readonly Vehicle[] }) {
  const missions = useList<Mission>("/v1/missions").found;
  const [mission, setMission] = useState("");
  const [asking, setAsking] = useState(false);
  const { busy, wrong, act } = useAct();
  const busyOnes = new Set(corridors.value.map((each) => each.corridor.vehicle));
  const fits = missions.filter((each) => vehicles.some(({ unit, vehicle }) => unit !== "" && unit === each.unit && !busyOnes.has(vehicle)));
  if (fits.length === 0) return null;
  const chosen = fits.some((each) => each.mission_id === mission) ? mission : "";
  const begin = () =>
    act(async () => {
      await ask("POST", "/v1/corridors", { mission: chosen });
      setMission("");
      refreshCorridors();
    });
  return (
    <form class="bar" onSubmit={(e) => (e.preventDefault(), setAsking(true))}>
      <Field label={say("special.for")}>
        <select required value={chosen} onChange={(e) => setMission(e.currentTarget.value)}>
          <option value="" />
          {fits.map((each) => (
            <option key={each.mission_id} value={each.mission_id}>
              {each.unit}: {each.text}
            </option>
          ))}
        </select>
      </Field>
      <button class="main" disabled={busy || chosen === ""}>
        {say("special.begin")}
      </button>
      {asking && <Ask text={say("special.begin.ask", { unit: fits.find((each) => each.mission_id === chosen)?.unit ?? "" })} yes={say("special.begin")} onNo={() => setAsking(false)} onYes={() => (setAsking(false), void begin())} />}
      <Wrong text={wrong} />
    </form>
  );
}
