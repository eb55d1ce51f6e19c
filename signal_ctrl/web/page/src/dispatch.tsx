// Units, missions, and emergency plans ordered as one act by two persons.
import { useEffect, useState } from "preact/hooks";
import { ask, may } from "./api";
import { mayOverride, nowMs, type Price } from "./city";
import { say, sayAge, sayTime, sayWord } from "./labels";
import { Dialog, Field, Sure, Table, Told, useAct, Whether, Wrong } from "./parts";
import { isPast } from "./past";
import { PriceText } from "./take_over";
import { TwoPersons } from "./two_persons";
import { followUnits, unitAgeS, units, unitsHeard } from "./units_now";
import { useList } from "./use_list";

interface Arrival {
  unit: string;
  travel_s: number;
  low_s: number;
  high_s: number;
}

interface Mission {
  mission_id: string;
  text: string;
  priority: number;
  road: string;
  state: string;
  unit: string;
  opened_utc_ms: number;
  need: { kinds: string[] };
}

export function DispatchView() {
  const missions = useList<Mission>("/v1/missions");
  useEffect(followUnits, []);
  const rows = units.value.map((each) => [
    each.unit.unit,
    sayWord("ukind", each.unit.kind),
    sayWord("ustate", each.unit.state),
    each.unit.mission || "–",
    each.position_age_s === null ? say("age.never") : `${sayAge(unitAgeS(each.position_age_s))}${each.position_old ? " ⚠" : ""}`,
  ]);
  return (
    <section class="view">
      <h1>{say("view.dispatch")}</h1>
      <Whether list={missions} none={say("missions.none")} />
      <ul class="cards">
        {missions.found.map((each) => (
          <MissionCard key={each.mission_id} mission={each} again={missions.again} />
        ))}
      </ul>
      <h2>{say("units")}</h2>
      <Table
        label={say("units")}
        head={[say("unit"), say("column.matter"), say("junction.now"), say("mission"), say("unit.position")]}
        rows={rows}
        empty={say(unitsHeard.value || isPast.value ? "units.none" : "loading")}
      />
    </section>
  );
}

function MissionCard({ mission, again }: { mission: Mission; again: () => void }) {
  const [arrivals, setArrivals] = useState<Arrival[] | null>(null);
  const { busy, wrong, act } = useAct();
  const propose = () =>
    act(async () => setArrivals((await ask<{ arrivals: Arrival[] }>("GET", `/v1/missions/${mission.mission_id}/proposal?most=5`)).arrivals));
  const assign = (unit: string) =>
    act(async () => {
      await ask("POST", `/v1/missions/${mission.mission_id}/assign`, { unit });
      setArrivals(null);
      again();
    });
  return (
    <li class="card" data-mission={mission.mission_id}>
      <h2>
        {mission.text} · {sayWord("mstate", mission.state)}
      </h2>
      <p>
        {say("mission.priority", { n: mission.priority })} · {sayTime(mission.opened_utc_ms)} · {mission.need.kinds.map((each) => sayWord("ukind", each)).join(", ")}
        {mission.unit && ` · ${mission.unit}`}
      </p>
      <Wrong text={wrong} />
      {arrivals?.length === 0 && <p class="empty">{say("mission.nobody")}</p>}
      {arrivals && (
        <ul>
          {arrivals.map((each) => (
            <li key={each.unit}>
              {say("mission.arrival", {
                unit: each.unit,
                min: (each.travel_s / 60).toFixed(1),
                low: (each.low_s / 60).toFixed(1),
                high: (each.high_s / 60).toFixed(1),
              })}{" "}
              {may("dispatch") && (
                <Sure label={say("mission.send")} text={say("mission.send.ask", { unit: each.unit, text: mission.text })} disabled={busy} onYes={() => void assign(each.unit)} />
              )}
            </li>
          ))}
        </ul>
      )}
      {mission.state === "open" && (
        <div class="buttons">
          <button type="button" disabled={busy} onClick={() => void propose()}>
            {say("mission.who")}
          </button>
        </div>
      )}
    </li>
  );
}

interface LibraryItem {
  name: string;
  number: number;
  note: string;
}

interface ResponseOrder {
  order_id: string;
  response: string;
  sha256: string;
  case: string;
  issuer: string;
  state: string;
  end_utc_ms: number;
  parts: { name: string; kind: string; state: string; text: string }[];
  checklist: { text: string; done_by: string }[];
}

interface Prepared {
  case: string;
  nonce: string;
  document: unknown;
  cabinets: string[];
  estimate: Price;
}

export function ResponsesView() {
  const items = useList<LibraryItem>("/v1/responses");
  const orders = useList<ResponseOrder>("/v1/response-orders");
  return (
    <section class="view">
      <h1>{say("view.responses")}</h1>
      <Whether list={orders} none={say("responses.idle")} />
      <ul class="cards">
        {orders.found.map((each) => (
          <OrderCard key={each.order_id} order={each} again={orders.again} />
        ))}
      </ul>
      <h2>{say("responses.library")}</h2>
      <Whether list={items} none={say("responses.none")} />
      <ul class="cards">
        {items.found.map((each) => (
          <ResponseCard key={each.name} item={each} again={orders.again} />
        ))}
      </ul>
    </section>
  );
}

function ResponseCard({ item, again }: { item: LibraryItem; again: () => void }) {
  const [caseNumber, setCase] = useState("");
  const [prepared, setPrepared] = useState<Prepared | null>(null);
  const { busy, wrong, act } = useAct();
  const prepare = () =>
    act(async () => {
      const wish = { response: item.name, case: caseNumber };
      setPrepared({ ...(await ask<Prepared>("POST", "/v1/response-preparations", wish)), case: wish.case });
    });
  const order = () =>
    act(async () => {
      if (prepared === null) return;
      await ask("POST", "/v1/response-orders", { document: prepared.document, nonce: prepared.nonce });
      setPrepared(null);
      again();
    });
  return (
    <li class="card">
      <h3>
        {item.name} ({item.number})
      </h3>
      {item.note && (
        <p>
          <Told text={item.note} />
        </p>
      )}
      {mayOverride() && (
        <form
          class="bar"
          onSubmit={(event) => {
            event.preventDefault();
            void prepare();
          }}
        >
          <Field label={say("case")}>
            <input required maxLength={64} value={caseNumber} onInput={(e) => setCase(e.currentTarget.value)} />
          </Field>
          <button class="main" disabled={busy}>
            {say("price.show")}
          </button>
        </form>
      )}
      <Wrong text={wrong} />
      {prepared && (
        <Dialog title={`${item.name} · ${prepared.case}`} onClose={() => setPrepared(null)}>
          <p>{prepared.cabinets.join(", ")}</p>
          <PriceText price={prepared.estimate} />
          <Wrong text={wrong} />
          <div class="buttons">
            <button type="button" onClick={() => setPrepared(null)}>
              {say("cancel")}
            </button>
            <button type="button" class="danger" disabled={busy} onClick={() => void order()}>
              {say("confirm")}
            </button>
          </div>
        </Dialog>
      )}
    </li>
  );
}

function OrderCard({ order, again }: { order: ResponseOrder; again: () => void }) {
  const { busy, wrong, act } = useAct();
  const waits = order.state.startsWith("waiting");
  const finish = (method: string, path: string, body?: unknown) =>
    act(async () => {
      await ask(method, `/v1/response-orders/${order.order_id}${path}`, body);
      again();
    });
  return (
    <li class={`card ${order.state === "active" ? "active" : ""}`} data-order={order.order_id}>
      <h2>
        {order.response} · {sayWord("rstate", waits ? "waiting" : order.state)}
      </h2>
      <p>
        {say("override.by", { who: order.issuer })} · {order.case} · {say("override.ends", { age: sayAge((order.end_utc_ms - nowMs.value) / 1000) })}
      </p>
      <ul>
        {order.parts.map((part) => (
          <li key={part.name}>
            {part.name} ({sayWord("pkind", part.kind)}): {sayWord("pstate", part.state)} <Told text={part.text} />
          </li>
        ))}
      </ul>
      {order.checklist.length > 0 && (
        <ol>
          {order.checklist.map((task, at) => (
            <li key={task.text}>
              {task.text} {task.done_by ? `✔ ${task.done_by}` : null}
              {!task.done_by && may("dispatch") && (
                <Sure label={say("task.done")} text={say("task.done.ask", { text: task.text })} disabled={busy} onYes={() => void finish("POST", `/tasks/${at + 1}`, {})} />
              )}
            </li>
          ))}
        </ol>
      )}
      <Wrong text={wrong} />
      <TwoPersons
        issuer={order.issuer}
        waits={waits}
        busy={busy}
        name={order.response}
        end={say("response.end")}
        endQuestion={say("response.end.ask", { name: order.response })}
        onApprove={() => void finish("POST", "/approve", { sha256: order.sha256 })}
        onEnd={() => void finish("DELETE", "")}
      />
    </li>
  );
}
