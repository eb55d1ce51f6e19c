// One junction: what it does, who is in control and why, what is wrong with it, and taking it over.
import { useEffect, useState } from "preact/hooks";
import { ask, Problem } from "./api";
import { type Alarm, alarms, type Junction, junctions, mayOverride, nowMs, overrides, stateLabel, stateOf, type Version } from "./city";
import { say, sayAge, sayTime } from "./labels";
import { type Lamps, LampsNow } from "./lamps";
import { Sign } from "./map";
import { Told, Wrong } from "./parts";
import { sayTold } from "./told";
import { JunctionControl } from "./junction_control";
import { OverrideList } from "./overrides";
import { isPast } from "./past";
import { open } from "./places";
import { TakeOver } from "./take_over";

interface Fault {
  fault_id: string;
  code: string;
  text: string;
  begin_utc_ms: number;
  end_utc_ms: number | null;
}

interface Detail extends Junction {
  heard_utc_ms: number | null;
  site: { stages?: { name: string; rights: string }[]; groups?: { name: string }[] };
  lamps: Lamps | null;
  alarms: Alarm[];
  faults: Fault[];
}

interface Flow {
  group: string;
  vehicles: number;
  from_utc_ms: number;
  to_utc_ms: number;
}

const AGAIN_MS = 5_000;

function useDetail(name: string): { detail: Detail | null; flows: Flow[]; wrong: string } {
  const [detail, setDetail] = useState<Detail | null>(null);
  const [flows, setFlows] = useState<Flow[]>([]);
  const [wrong, setWrong] = useState("");
  const changed = junctions.value.get(name);
  useEffect(() => {
    let wanted = true;
    const look = async () => {
      try {
        const found = await ask<Detail>("GET", `/v1/junctions/${encodeURIComponent(name)}`);
        const counted = await ask<{ counts: Flow[] }>("GET", `/v1/detectors?junction=${encodeURIComponent(name)}&limit=20`);
        if (!wanted) return;
        setDetail(found);
        setFlows(counted.counts);
        setWrong("");
      } catch (problem) {
        if (problem instanceof Problem && wanted) setWrong(problem.message);
      }
    };
    void look();
    if (isPast.value) return; // its site is asked for; the rest is of the past
    const timer = setInterval(() => void look(), AGAIN_MS);
    return () => {
      wanted = false;
      clearInterval(timer);
    };
  }, [name, isPast.value ? null : changed, isPast.value]);
  const own = detail?.junction === name ? detail : null;
  return isPast.value && own ? { detail: then(own), flows: [], wrong } : { detail: own, flows, wrong };
}

/** Of a junction in the past: what stands in its site, and the alarms of that time. */
function then(detail: Detail): Detail {
  const own = alarms.value.filter((each) => each.subject === detail.junction);
  return { ...detail, heard_utc_ms: null, lamps: null, alarms: own, faults: [] };
}

/** Goes to the form at the end of the panel: whoever has to be quick scrolls past nothing. */
function toTakeOver(): void {
  const first = document.querySelector<HTMLElement>(".takeover select");
  first?.closest("details")?.setAttribute("open", "");
  first?.scrollIntoView({ block: "center" });
  first?.focus({ preventScroll: true });
}

export function JunctionPanel({ name }: { name: string }) {
  const { detail, flows, wrong } = useDetail(name);
  const now = junctions.value.get(name) ?? detail;
  const mine = overrides.value.filter((each) => each.document.legs.some((leg) => leg.cabinet === name));
  return (
    <aside class="panel" aria-label={name}>
      <header>
        <h1>{name}</h1>
        <button type="button" class="icon" aria-label={say("close")} onClick={() => open("map")}>
          ✕
        </button>
      </header>
      <Wrong text={wrong} />
      {now && (
        <p class="state" role="status">
          <Sign state={stateOf(now)} /> <strong>{say(stateLabel(stateOf(now)))}</strong>
        </p>
      )}
      {detail && mayOverride() && (
        <button type="button" class="main" onClick={toTakeOver}>
          {say("control.take")} ↓
        </button>
      )}
      {mine.length > 0 && <OverrideList shown={mine} />}
      {detail && <LampsNow name={name} first={detail.lamps} stages={detail.site.stages ?? []} groups={detail.site.groups ?? []} />}
      {detail && now && <Facts detail={detail} now={now} />}
      {detail && now && !isPast.value && <JunctionControl name={name} now={now} />}
      {detail && <Lists detail={detail} flows={flows} />}
      {detail &&
        (mayOverride() ? (
          <details open class="card">
            <summary>{say("control.take")}</summary>
            <TakeOver junction={name} stages={(detail.site.stages ?? []).map((each) => each.name)} />
          </details>
        ) : (
          <p class="empty">{say(isPast.value ? "replay.no" : "control.none")}</p>
        ))}
    </aside>
  );
}

const versionText = (version: Version | null): string => (version ? `${version.epoch}.${version.revision}` : "–");

function Facts({ detail, now }: { detail: Detail; now: Junction }) {
  const heard = detail.heard_utc_ms;
  const facts: [string, string][] = [
    [say("junction.heard"), heard === null ? (isPast.value ? "–" : say("age.never")) : say("junction.ago", { age: sayAge((nowMs.value - heard) / 1000) })],
    [say("junction.control"), sayTold(now.says.summary ?? "–")],
    [say("junction.runs"), versionText(now.runs)],
    [say("junction.sent"), `${versionText(now.sent)}${now.sent_why ? ` (${sayTold(now.sent_why)})` : ""}`],
    [say("junction.answer"), [now.acknowledged ?? "–", ...now.reasons].map(sayTold).join("; ")],
    [say("junction.district"), now.district || "–"],
    [say("junction.corridor"), now.corridor || "–"],
    [say("junction.place"), now.place || "–"],
  ];
  return (
    <dl>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Lists({ detail, flows }: { detail: Detail; flows: Flow[] }) {
  const stages = detail.site.stages ?? [];
  const groups = detail.site.groups ?? [];
  return (
    <>
      <h2>{say("junction.stages")}</h2>
      <ul class="stages">
        {stages.map((stage) => (
          <li key={stage.name}>
            <strong>{stage.name}</strong>: {groups.filter((_, at) => stage.rights[at] !== "r").map((each) => each.name).join(", ")}
          </li>
        ))}
      </ul>
      <h2>{say("junction.alarms")}</h2>
      {detail.alarms.length === 0 && <p class="empty">{say("junction.none")}</p>}
      <ul>
        {detail.alarms.map((each) => (
          <li key={each.alarm_id}>
            {sayTime(each.raised_utc_ms)}: <Told text={each.text} />
          </li>
        ))}
      </ul>
      {!isPast.value && <LastFaults faults={detail.faults} />}
      {flows.length > 0 && (
        <>
          <h2>{say("junction.counts")}</h2>
          <ul>
            {flows.slice(0, 12).map((each) => (
              <li key={`${each.group}${each.from_utc_ms}`}>
                {each.group}: {Math.round((each.vehicles * 3_600_000) / (each.to_utc_ms - each.from_utc_ms))} veh/h
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

function LastFaults({ faults }: { faults: Fault[] }) {
  return (
    <>
      <h2>{say("junction.faults")}</h2>
      {faults.length === 0 && <p class="empty">{say("junction.none")}</p>}
      <ul>
        {faults.slice(0, 5).map((each) => (
          <li key={each.fault_id}>
            {sayTime(each.begin_utc_ms)}: {each.code} <Told text={each.text} />
          </li>
        ))}
      </ul>
    </>
  );
}
