// The lamps of one junction as they are now: the ring of its stages, and the aspect of each signal group.
import { useEffect } from "preact/hooks";
import { nowMs } from "./city";
import { say, sayAge, sayTime, sayWord } from "./labels";
import { isPast, lampWords, pastLamps, wantLamps } from "./past";
import { useFresh } from "./use_fresh";

export interface Lamps {
  at_utc_ms: number;
  age_ms: number;
  stage: number | null;
  stage_began_utc_ms: number;
  aspects: string[];
  remaining_ds: (number | null)[];
}

const EVERY_MS = 1_000;
const OLD_S = 10; // a cabinet polls every second, or every five at most

const ageS = (lamps: Lamps): number => (nowMs.value - lamps.at_utc_ms) / 1000;

/** Whether what was heard is so old that nobody knows what is lit now. */
export const isOld = (lamps: Lamps): boolean => ageS(lamps) > OLD_S;

/** Returns the path that asks for the lamps of some junctions, 20 at most. */
export const lampsOf = (names: readonly string[]): string => `/v1/lamps?${names.map((each) => `junction=${encodeURIComponent(each)}`).join("&")}`;

/** Asks once a second. Args: first, what the junction's own answer said. */
function useLamps(name: string, first: Lamps | null): Lamps | null {
  useEffect(() => {
    wantLamps("panel", [name]);
    return () => wantLamps("panel", []);
  }, [name]);
  const { found } = useFresh<{ lamps: Record<string, Lamps> }>(isPast.value ? "" : lampsOf([name]), EVERY_MS);
  if (isPast.value) return lampsThen(name);
  return found === null ? first : (found.lamps[name] ?? null);
}

/** The lamps of a junction at the time of the past that is shown. */
export function lampsThen(name: string): Lamps | null {
  const lit = pastLamps.value.get(name);
  if (lit === undefined) return null;
  const [stage, began, letters] = lit;
  const aspects = [...letters].map((letter) => lampWords.value[letter] ?? letter);
  return { at_utc_ms: nowMs.value, age_ms: 0, stage, stage_began_utc_ms: began, aspects, remaining_ds: [] };
}

export function LampsNow(props: {
  name: string;
  first: Lamps | null;
  stages: readonly { name: string }[];
  groups: readonly { name: string }[];
}) {
  const lamps = useLamps(props.name, props.first);
  if (lamps === null) return <p class="empty">{say(isPast.value ? "replay.lamps" : "lamps.none")}</p>;
  const age = sayAge(ageS(lamps));
  return (
    <section aria-label={say("lamps.title")} class={isOld(lamps) ? "lamps old" : "lamps"}>
      <h2>{say(isPast.value ? "replay.lamps.title" : "lamps.title")}</h2>
      <p>
        {isPast.value ? sayTime(nowMs.value) : isOld(lamps) ? `⚠ ${say("lamps.old", { age })}` : say("lamps.age", { age })}
      </p>
      <StageRing stages={props.stages.map((each) => each.name)} lamps={lamps} />
      <ul class="groups">
        {lamps.aspects.map((aspect, at) => (
          <li key={props.groups[at]?.name ?? at} data-group={props.groups[at]?.name} data-aspect={aspect}>
            <LampSign aspect={aspect} /> {props.groups[at]?.name ?? at} <span>{sayWord("aspect", aspect)}</span>
            <Countdown leftDs={lamps.remaining_ds[at] ?? null} lamps={lamps} />
          </li>
        ))}
      </ul>
    </section>
  );
}

/** For how much longer WALK or clearance lasts for sure; nothing where nobody can tell. */
function Countdown({ leftDs, lamps }: { leftDs: number | null; lamps: Lamps }) {
  if (leftDs === null || isOld(lamps)) return null;
  return <span class="countdown">{`⏱ ${Math.max(0, Math.ceil(leftDs / 10 - ageS(lamps)))} s`}</span>;
}

/** The stages in their order as a ring, the present one thick, with the seconds since it began. */
function StageRing({ stages, lamps }: { stages: readonly string[]; lamps: Lamps }) {
  const seconds = Math.max(0, Math.round((nowMs.value - lamps.stage_began_utc_ms) / 1000));
  return (
    <div class="ring">
      <svg viewBox="-50 -50 100 100" aria-hidden="true">
        {stages.map((name, at) => (
          <path key={name} d={arc(at, stages.length)} class={at === lamps.stage ? "now" : ""} />
        ))}
        <text y="8" text-anchor="middle">
          {lamps.stage === null ? "–" : `${seconds} s`}
        </text>
      </svg>
      <ol>
        {stages.map((name, at) => (
          <li key={name} aria-current={at === lamps.stage ? "step" : undefined}>
            {at === lamps.stage ? `▶ ${name} · ${seconds} s` : name}
          </li>
        ))}
      </ol>
    </div>
  );
}

const RADIUS = 40;
const GAP = 0.08; // between two arcs, in radians

function arc(at: number, of: number): string {
  const step = (2 * Math.PI) / of;
  const gap = of > 1 ? GAP : 0.001;
  const place = (angle: number) => `${(RADIUS * Math.sin(angle)).toFixed(2)} ${(-RADIUS * Math.cos(angle)).toFixed(2)}`;
  const far = step - gap > Math.PI ? 1 : 0;
  return `M${place(at * step + gap / 2)} A${RADIUS} ${RADIUS} 0 ${far} 1 ${place((at + 1) * step - gap / 2)}`;
}

const RED = "#d55e00";
const AMBER = "#f0e442";
const GREEN = "#00c48f";
/** Which of the three lamps is lit, from the top, whether it flashes, and whether they are a walker's two. */
const LIT: Record<string, { at: number[]; flashes?: boolean; walker?: boolean }> = {
  red: { at: [0] },
  "red-amber": { at: [0, 1] },
  amber: { at: [1] },
  green: { at: [2] },
  "green flash": { at: [2], flashes: true },
  walk: { at: [2], walker: true },
  "pedestrian clearance": { at: [0], flashes: true, walker: true },
  "don't walk": { at: [0], walker: true },
  "flashing amber": { at: [1], flashes: true },
  "flashing red": { at: [0], flashes: true },
  dark: { at: [] },
};

/** A lamp's place says what it is, as on the street: red above, green below. A dashed rim says that it flashes. */
export function LampSign({ aspect }: { aspect: string }) {
  const { at, flashes, walker } = LIT[aspect] ?? { at: [] };
  return (
    <svg class="lamp-sign" viewBox="0 0 16 40" aria-hidden="true">
      <rect x="1" y="1" width="14" height="38" rx={walker ? 0 : 4} fill="#1b1f26" stroke="#8a93a3" />
      {[RED, AMBER, GREEN].map((colour, place) =>
        walker && place === 1 ? null : (
          <circle
            key={colour}
            cx="8"
            cy={8 + 12 * place}
            r="4.6"
            fill={at.includes(place) ? colour : "#3a414d"}
            stroke={at.includes(place) ? "#ffffff" : "none"}
            stroke-width="1.4"
            stroke-dasharray={flashes ? "2 2" : undefined}
          />
        ),
      )}
    </svg>
  );
}
