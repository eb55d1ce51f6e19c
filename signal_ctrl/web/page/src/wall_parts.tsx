// Sections of the wall: each says one thing in a few lines.
import { nowMs, tickets } from "./city";
import { figures } from "./figures";
import type { Diversion, Incident } from "./incidents";
import { say, sayAge, sayTime, sayWord } from "./labels";
import { Table, Told, Whether } from "./parts";
import { addressOf } from "./places";
import { congestion } from "./roads";
import { useList } from "./use_list";

const MOST = 10;

export function WorstJunctions() {
  const worst = figures.value?.worst_junctions ?? [];
  return (
    <section>
      <h2>{say("wall.worst.junctions")}</h2>
      <Table
        label={say("wall.worst.junctions")}
        head={[say("wall.junctions"), say("wall.delay"), say("column.queue"), say("column.road")]}
        rows={worst.slice(0, MOST).map((each) => [<a href={addressOf("map", each.junction)}>{each.junction}</a>, each.delay_veh_h_h.toFixed(1), each.queue_m === null ? "–" : `${Math.round(each.queue_m)} m`, each.road])}
        empty={say("wall.worst.none")}
      />
    </section>
  );
}

export function WorstRoads() {
  const worst = congestion.value?.jammed.slice(0, MOST) ?? [];
  return (
    <section>
      <h2>{say("wall.worst")}</h2>
      <Table
        label={say("wall.worst")}
        head={[say("column.road"), say("column.level"), "km/h", say("column.queue")]}
        rows={worst.map((each) => [
          each.name || each.link,
          sayWord("level", each.level),
          each.speed_mps === null ? "–" : (each.speed_mps * 3.6).toFixed(0),
          each.queue_m === null ? "–" : `${Math.round(each.queue_m)} m`,
        ])}
        empty={say("wall.flowing")}
      />
    </section>
  );
}

/** Incidents, and the diversions in force with what is expected of them. */
export function IncidentsBrief() {
  const incidents = useList<Incident>("/v1/incidents");
  const diversions = useList<Diversion>("/v1/diversions");
  const ordered = diversions.found.filter((each) => each.state === "ordered");
  return (
    <section>
      <h2>
        <a href={addressOf("incidents")}>{say("view.incidents")}</a>
      </h2>
      <Whether list={incidents} none={say("incidents.none")} />
      <ul class="brief">
        {incidents.found.slice(0, MOST).map((each) => (
          <li key={each.incident_id}>
            {each.state === "confirmed" ? "⬣" : "△"} {sayWord("ikind", each.kind)} · {each.road} · {sayWord("istate", each.state)} ·{" "}
            {say("incident.since", { age: sayAge((nowMs.value - each.began_utc_ms) / 1000) })} · {say("incident.left", { percent: Math.round(each.capacity_left * 100) })}
          </li>
        ))}
        {ordered.map((each) => (
          <li key={each.diversion_id}>
            ⇄ {say("diversion.title", { road: each.limit.road })} · {say("diversion.effect", { without: each.plan.delay_without_veh_h.toFixed(1), with: each.plan.delay_with_veh_h.toFixed(1) })}
          </li>
        ))}
      </ul>
      <Whether list={{ ...diversions, found: ordered }} none={say("diversions.none")} />
    </section>
  );
}

interface Mission {
  mission_id: string;
  text: string;
  state: string;
  unit: string;
}

/** What units are out for, and what is being repaired. */
export function DispatchBrief() {
  const missions = useList<Mission>("/v1/missions");
  const open = tickets.value.filter((each) => each.state !== "closed");
  return (
    <section>
      <h2>
        <a href={addressOf("dispatch")}>{say("view.dispatch")}</a> · <a href={addressOf("tickets")}>{say("view.tickets")}</a>
      </h2>
      <Whether list={missions} none={say("missions.none")} />
      {open.length === 0 && <p class="empty">{say("tickets.none")}</p>}
      <ul class="brief">
        {missions.found.slice(0, MOST).map((each) => (
          <li key={each.mission_id}>
            {each.text} · {sayWord("mstate", each.state)} {each.unit}
          </li>
        ))}
        {open.slice(0, MOST).map((each) => (
          <li key={each.ticket_id}>
            {each.cabinet} {each.device}: <Told text={each.text} /> · {sayWord("tstate", each.state, { who: each.assigned_to })}
          </li>
        ))}
      </ul>
    </section>
  );
}

interface Order {
  order_id: string;
  response: string;
  state: string;
  end_utc_ms: number;
}

export function ResponsesBrief() {
  const orders = useList<Order>("/v1/response-orders");
  return (
    <section>
      <h2>
        <a href={addressOf("responses")}>{say("view.responses")}</a>
      </h2>
      <Whether list={orders} none={say("responses.idle")} />
      <ul class="brief">
        {orders.found.slice(0, MOST).map((each) => (
          <li key={each.order_id}>
            {each.response} · {sayWord("rstate", each.state.startsWith("waiting") ? "waiting" : each.state)} · {sayTime(each.end_utc_ms)}
          </li>
        ))}
      </ul>
    </section>
  );
}
