// Watching a convoy: each junction of its way, whether it is green for it, when it is due, and giving back behind it.
import { useEffect, useState } from "preact/hooks";
import { ask, me } from "./api";
import { junctions, type Leg, mayApprove, mayOverride, type Override, refreshOverrides } from "./city";
import { dueMs, followConvoys, leaderOf, legState, type LegState, nextLeg } from "./convoys";
import { metresBetween } from "./geo";
import { say, sayAge, sayClock, sayWord } from "./labels";
import { Ask, useAct, Wrong } from "./parts";
import { addressOf } from "./places";
import { secondsTo } from "./take_over";
import { followUnits, unitAgeS } from "./units_now";

/** Each state has a sign of its own: colour alone is none. */
export const LEG_SIGN: Readonly<Record<LegState, string>> = { asked: "?", waits: "○", turning: "◐", green: "●", dark: "◌", released: "✓" };

export function ConvoyProgress({ override }: { override: Override }) {
  useEffect(followConvoys, []);
  useEffect(followUnits, []);
  const { busy, wrong, act } = useAct();
  const [asking, setAsking] = useState<string | null>(null);
  const { legs } = override.document;
  const may = override.state === "active" && (mayApprove() || (override.issuer === me.value?.login && mayOverride()));
  const behind = (cabinet: string): string[] => {
    const last = legs.findIndex((leg) => leg.cabinet === cabinet);
    return legs.slice(0, last + 1).filter((leg) => legState(override, leg) !== "released").map((leg) => leg.cabinet);
  };
  const giveBack = (cabinets: readonly string[]) =>
    act(async () => {
      setAsking(null);
      await ask("POST", `/v1/overrides/${override.override_id}/give-back`, { cabinets });
      await refreshOverrides();
    });
  return (
    <section class="convoy" aria-label={say("convoy.title")}>
      <p>
        <strong>{where(override)}</strong>
      </p>
      <Leader override={override} />
      <Wrong text={wrong} />
      <ol>
        {legs.map((leg) => (
          <LegRow key={leg.cabinet} leg={leg} state={legState(override, leg)}>
            {may && legState(override, leg) !== "released" && (
              <button type="button" disabled={busy} onClick={() => setAsking(leg.cabinet)}>
                {say("convoy.behind", { junction: leg.cabinet })}
              </button>
            )}
          </LegRow>
        ))}
      </ol>
      {asking !== null && (
        <Ask text={say("convoy.behind.ask", { names: behind(asking).join(", ") })} yes={say("convoy.give")} onNo={() => setAsking(null)} onYes={() => void giveBack(behind(asking))} />
      )}
    </section>
  );
}

function where(override: Override): string {
  const next = nextLeg(override);
  if (next === undefined) return say("convoy.over");
  const passed = override.document.legs.indexOf(next);
  return say("convoy.next", { junction: next.cabinet, age: sayAge(secondsTo(dueMs(next))), passed, all: override.document.legs.length });
}

function LegRow({ leg, state, children }: { leg: Leg; state: LegState; children: preact.ComponentChildren }) {
  const due = dueMs(leg);
  const left = secondsTo(due);
  const clock = sayClock(due);
  return (
    <li class={`leg ${state}`} data-leg={leg.cabinet} data-state={state}>
      <span class="leg-sign" aria-hidden="true">
        {LEG_SIGN[state]}
      </span>
      <span>
        <a href={addressOf("map", leg.cabinet)}>{leg.cabinet}</a> → {leg.stage} · <strong>{sayWord("leg", state)}</strong>
        <small>
          {left > 0 ? say("convoy.due", { time: clock, age: sayAge(left) }) : say("convoy.was", { time: clock })}
          {state === "waits" && ` · ${say("convoy.turns", { age: sayAge(secondsTo(leg.start_utc_ms)) })}`}
          {(state === "green" || state === "turning" || state === "dark") && ` · ${say("convoy.until", { age: sayAge(secondsTo(leg.end_utc_ms)) })}`}
        </small>
      </span>
      {children}
    </li>
  );
}

/** Where the unit is that leads it, if it reports that. */
function Leader({ override }: { override: Override }) {
  const leader = leaderOf(override);
  if (leader === undefined) return <p class="empty">{say("convoy.nobody")}</p>;
  const name = leader.unit.unit;
  if (leader.position === null) return <p class="empty">{say("convoy.silent", { unit: name })}</p>;
  const near = override.document.legs.map((leg) => ({ leg, m: metresBetween(leader.position ?? { lon: null, lat: null }, junctions.value.get(leg.cabinet) ?? { lon: null, lat: null }) }));
  const next = near.reduce((a, b) => (b.m < a.m ? b : a));
  const age = sayAge(unitAgeS(leader.position_age_s ?? 0));
  return (
    <p data-leader={name}>
      ▲ {say("convoy.leader", { unit: name, m: Math.round(next.m), junction: next.leg.cabinet, age })}
      {leader.position_old && " ⚠"}
    </p>
  );
}
