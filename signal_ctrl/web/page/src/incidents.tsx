// Incidents from suspicion to clearing, and what a diversion would bring before it is ordered.
import { useState } from "preact/hooks";
import { ask, may } from "./api";
import { nowMs } from "./city";
import { say, sayAge, sayTime, sayWord } from "./labels";
import { Ask, Dialog, Sure, Told, useAct, Whether, Wrong } from "./parts";
import { useList } from "./use_list";

export interface Incident {
  incident_id: string;
  kind: string;
  state: "suspected" | "confirmed" | "cleared";
  road: string;
  lanes: number[];
  severity: string;
  capacity_left: number;
  began_utc_ms: number;
  text: string;
  evidence: { source: string; method: string; text: string; at_utc_ms: number }[];
  expected_end: { at_utc_ms: number } | null;
}

export interface Diversion {
  diversion_id: string;
  state: string;
  limit: { road: string; incident_id: string; until_utc_ms: number };
  plan: {
    ways: { sign_id: string; roads: string[]; flow_veh_h: number; time_s: number; usual_s: number }[];
    texts: { sign_id: string; zh: string; en: string }[];
    gates: { road: string; from_veh_h: number; to_veh_h: number }[];
    delay_without_veh_h: number;
    delay_with_veh_h: number;
    signal_plan: string;
    notes: string[];
  };
  brought: { predicted_without_veh_h: number; measured_veh_h: number } | null;
}

export function IncidentsView() {
  const incidents = useList<Incident>("/v1/incidents");
  const diversions = useList<Diversion>("/v1/diversions");
  const live = diversions.found.filter((each) => each.state === "ordered");
  return (
    <section class="view">
      <h1>{say("view.incidents")}</h1>
      <Whether list={incidents} none={say("incidents.none")} />
      <ul class="cards">
        {incidents.found.map((each) => (
          <IncidentCard key={`${each.incident_id} ${each.state}`} incident={each} again={incidents.again} />
        ))}
      </ul>
      <h2>{say("diversions")}</h2>
      <Whether list={{ ...diversions, found: live }} none={say("diversions.none")} />
      <ul class="cards">
        {live.map((each) => (
          <OrderedDiversion key={each.diversion_id} diversion={each} again={diversions.again} />
        ))}
      </ul>
    </section>
  );
}

function IncidentCard({ incident, again }: { incident: Incident; again: () => void }) {
  const [proposal, setProposal] = useState<Diversion | null>(null);
  const { busy, wrong, act } = useAct();
  const tell = (verb: string, body: unknown) =>
    act(async () => {
      await ask("POST", `/v1/incidents/${incident.incident_id}/${verb}`, body);
      again();
    });
  const propose = () => act(async () => setProposal(await ask<Diversion>("POST", "/v1/diversions", { incident: incident.incident_id })));
  const lanes = incident.lanes.length > 0 ? ` · ${say("incident.lanes", { lanes: incident.lanes.join(", ") })}` : "";
  const over = say(incident.state === "suspected" ? "incident.false" : "incident.clear");
  return (
    <li class={`card ${incident.state}`} data-incident={incident.incident_id}>
      <h2>
        {incident.state === "confirmed" ? "⬣" : "△"} {sayWord("ikind", incident.kind)} · {incident.road} · {sayWord("istate", incident.state)}
      </h2>
      <p>
        {say("incident.since", { age: sayAge((nowMs.value - incident.began_utc_ms) / 1000) })} ·{" "}
        {say("incident.left", { percent: Math.round(incident.capacity_left * 100) })}
        {lanes}
        {incident.expected_end && ` · ${say("incident.until", { time: sayTime(incident.expected_end.at_utc_ms) })}`}
      </p>
      {incident.text && <p>{incident.text}</p>}
      <ul>
        {incident.evidence.slice(-4).map((each) => (
          <li key={`${each.method}${each.at_utc_ms}${each.text}`}>
            {sayTime(each.at_utc_ms)}: <Told text={each.text} />
          </li>
        ))}
      </ul>
      <Wrong text={wrong} />
      {may("handle_incidents") && (
        <div class="buttons">
          {incident.state === "suspected" && (
            <Sure label={say("incident.confirm")} text={say("incident.ask", { what: say("incident.confirm"), kind: sayWord("ikind", incident.kind), road: incident.road })} disabled={busy} onYes={() => void tell("confirm", {})} />
          )}
          <Sure label={over} text={say("incident.ask", { what: over, kind: sayWord("ikind", incident.kind), road: incident.road })} disabled={busy} onYes={() => void tell("clear", { false_alarm: incident.state === "suspected" })} />
          {incident.state === "confirmed" && may("order_diversion") && (
            <button type="button" class="main" disabled={busy} onClick={() => void propose()}>
              {say("diversion.propose")}
            </button>
          )}
        </div>
      )}
      {proposal && <Proposal proposal={proposal} onClose={() => setProposal(null)} again={again} />}
    </li>
  );
}

function Effect({ diversion }: { diversion: Diversion }) {
  const { plan } = diversion;
  return (
    <ul>
      <li>
        {say("diversion.effect", { without: plan.delay_without_veh_h.toFixed(1), with: plan.delay_with_veh_h.toFixed(1) })}
      </li>
      {plan.ways.map((way) => (
        <li key={`${way.sign_id}${way.roads.join()}`}>
          {say("diversion.way", { sign: way.sign_id, flow: Math.round(way.flow_veh_h), minutes: (way.time_s / 60).toFixed(1) })}: {way.roads.join(" → ")}
        </li>
      ))}
      {plan.texts.map((text) => (
        <li key={text.sign_id}>
          {text.sign_id}: <q lang="zh">{text.zh}</q> / <q lang="en">{text.en}</q>
        </li>
      ))}
      {plan.gates.map((gate) => (
        <li key={gate.road}>{say("diversion.gate", { road: gate.road, before: Math.round(gate.from_veh_h), after: Math.round(gate.to_veh_h) })}</li>
      ))}
      {plan.signal_plan && <li>{say("diversion.signals", { plan: plan.signal_plan })}</li>}
      {plan.notes.map((note) => (
        <li key={note}>{note}</li>
      ))}
    </ul>
  );
}

function Proposal({ proposal, onClose, again }: { proposal: Diversion; onClose: () => void; again: () => void }) {
  const { busy, wrong, act } = useAct();
  const order = () =>
    act(async () => {
      await ask("POST", `/v1/diversions/${proposal.diversion_id}/order`);
      onClose();
      again();
    });
  return (
    <Dialog title={say("diversion.title", { road: proposal.limit.road })} onClose={onClose}>
      <Effect diversion={proposal} />
      <Wrong text={wrong} />
      <div class="buttons">
        <button type="button" onClick={onClose}>
          {say("cancel")}
        </button>
        <button type="button" class="danger" disabled={busy} onClick={() => void order()}>
          {say("diversion.order")}
        </button>
      </div>
    </Dialog>
  );
}

function OrderedDiversion({ diversion, again }: { diversion: Diversion; again: () => void }) {
  const [asking, setAsking] = useState(false);
  const { busy, wrong, act } = useAct();
  const end = () =>
    act(async () => {
      setAsking(false);
      await ask("POST", `/v1/diversions/${diversion.diversion_id}/end`, { why: "" });
      again();
    });
  return (
    <li class="card active">
      <h2>{say("diversion.title", { road: diversion.limit.road })}</h2>
      <Effect diversion={diversion} />
      <Wrong text={wrong} />
      {may("order_diversion") && (
        <div class="buttons">
          <button type="button" disabled={busy} onClick={() => setAsking(true)}>
            {say("diversion.end")}
          </button>
        </div>
      )}
      {asking && (
        <Ask
          text={say("diversion.end.ask", { road: diversion.limit.road })}
          yes={say("diversion.end")}
          onNo={() => setAsking(false)}
          onYes={() => void end()}
        />
      )}
    </li>
  );
}
