// The library of plans and schedules: what is there, what differs between two of them, and the gate for a new one.
import { useState } from "preact/hooks";
import { ask, may } from "./api";
import { acts } from "./city";
import { say, sayTime, sayWord } from "./labels";
import { Ask, Field, Table, Told, useAct, Wrong } from "./parts";
import { DayBars, linesOf, type Schedule } from "./schedule_parts";
import { StageBars } from "./stage_bars";
import { ONCE, useFresh } from "./use_fresh";
import { useList } from "./use_list";

export interface Item {
  name: string;
  number: number;
  sha256: string;
  uploaded_by: string;
  uploaded_utc_ms: number;
  note: string;
}

export interface SignalPlan {
  signal_id: string;
  site: string;
  cycle_ds: number;
  offset_ds: number;
  stages: string[];
  splits_ds: number[];
}

interface PlanDocument {
  format: string;
  name: string;
  signals: SignalPlan[];
}

interface Difference {
  signal_id: string;
  what: [string, string, string][];
}

interface Reason {
  signal: string;
  rule: string;
  text: string;
}

const MOST_BYTES = 64 * 1024;
const MOST_PICTURES = 12;
const PLAN_FORMAT = "signal-ctrl plan 1";

const mayManage = (): boolean => may("manage_plans");

export function PlansView() {
  const plans = useList<Item>("/v1/plans?limit=500");
  const schedules = useList<Item>("/v1/schedules?limit=500");
  return (
    <>
      <Wrong text={plans.wrong || schedules.wrong} />
      <Library title={say("plans.library")} items={plans.found} none={say("plans.none")} />
      <PlanDifference items={plans.found} />
      <Library title={say("plans.schedules")} items={schedules.found} none={say("schedules.none")} />
      <ScheduleDifference items={schedules.found} />
      <Uses />
      {mayManage() ? <Upload /> : <p class="empty">{say("plans.engineer")}</p>}
    </>
  );
}

function Library({ title, items, none }: { title: string; items: readonly Item[]; none: string }) {
  const rows = items.map((each) => [each.name, `№ ${each.number}`, sayTime(each.uploaded_utc_ms), each.uploaded_by, each.note || "–", each.sha256.slice(0, 12)]);
  const head = [say("plans.plan"), say("plans.number"), say("column.time"), say("column.who"), say("note"), "SHA-256"];
  return (
    <>
      <h2>{title}</h2>
      <Table label={title} head={head} rows={rows} empty={none} />
    </>
  );
}

const keyOf = (item: Item): string => `${item.name}/${item.number}`;
const pathOf = (shelf: string, item: Item): string => `/v1/${shelf}/${encodeURIComponent(item.name)}?number=${item.number}`;

/** Two documents of a library: the older one and the younger one. Chosen: the two youngest of a name, until somebody chooses. */
function usePair<T>(shelf: string, items: readonly Item[]): { before: Item | null; after: Item | null; documents: [T, T] | null; wrong: string; picker: preact.JSX.Element } {
  const [chosen, setChosen] = useState<{ before: string; after: string }>({ before: "", after: "" });
  const after = items.find((each) => keyOf(each) === chosen.after) ?? items[0] ?? null;
  const others = items.filter((each) => each.name === after?.name && each.number !== after.number);
  const before = others.find((each) => keyOf(each) === chosen.before) ?? others.find((each) => each.number < (after?.number ?? 0)) ?? others[0] ?? null;
  const [old, young] = [useFresh<{ document: T }>(before && after ? pathOf(shelf, before) : "", ONCE), useFresh<{ document: T }>(before && after ? pathOf(shelf, after) : "", ONCE)];
  const select = (name: "before" | "after", label: string, from: readonly Item[], value: Item | null) => (
    <Field label={label}>
      <select name={`${shelf}-${name}`} value={value ? keyOf(value) : ""} onChange={(e) => setChosen({ ...chosen, [name]: e.currentTarget.value })}>
        {from.map((each) => (
          <option key={keyOf(each)} value={keyOf(each)}>
            {each.name} № {each.number}
          </option>
        ))}
      </select>
    </Field>
  );
  const picker = (
    <div class="bar">
      {select("before", say("plans.before"), others, before)}
      {select("after", say("plans.after"), items, after)}
    </div>
  );
  return { before, after, documents: old.found && young.found && [old.found.document, young.found.document], wrong: old.wrong || young.wrong, picker };
}

function PlanDifference({ items }: { items: readonly Item[] }) {
  const pair = usePair<PlanDocument>("plans", items);
  const { before, after } = pair;
  const path = before && after ? `/v1/plans/${encodeURIComponent(after.name)}/difference?before=${before.number}&after=${after.number}` : "";
  const { found: differences, wrong } = useFresh<Difference[]>(path, ONCE);
  if (!before || !after) return null;
  const rows = (differences ?? []).flatMap(({ signal_id, what }) => what.map(([key, old, young]) => [signal_id, sayWord("plankey", key), wordsOf(key, old), wordsOf(key, young)]));
  const [old, young] = pair.documents ?? [null, null];
  return (
    <section aria-label={say("plans.difference")}>
      <h3>{say("plans.difference")}</h3>
      {pair.picker}
      <Wrong text={wrong || pair.wrong} />
      {differences && <Table label={say("plans.difference")} head={[say("plans.signal"), say("column.matter"), say("plans.before"), say("plans.after")]} rows={rows} empty={say("plans.alike")} />}
      {old &&
        young &&
        differences?.slice(0, MOST_PICTURES).map(({ signal_id }) => (
          <StageBars
            key={signal_id}
            name={signal_id}
            rows={[
              { label: `№ ${before.number}`, plan: old.signals.find((each) => each.signal_id === signal_id) },
              { label: `№ ${after.number}`, plan: young.signals.find((each) => each.signal_id === signal_id) },
            ]}
          />
        ))}
      {differences && differences.length > MOST_PICTURES && <p class="empty">{say("plans.more", { n: differences.length - MOST_PICTURES })}</p>}
    </section>
  );
}

/** Times of a document are tenths of a second; people read seconds. */
function wordsOf(key: string, words: string): string {
  if (!key.endsWith("_ds")) return words || "–";
  return words
    .split(", ")
    .map((each) => `${Number(each) / 10} s`)
    .join(", ");
}

function ScheduleDifference({ items }: { items: readonly Item[] }) {
  const pair = usePair<Schedule>("schedules", items);
  const only = pair.before ? null : pair.after;
  const { found: alone } = useFresh<{ document: Schedule }>(only ? pathOf("schedules", only) : "", ONCE);
  if (only) return alone && <DayBars title={only.name} rows={[{ label: `№ ${only.number}`, schedule: alone.document }]} />;
  if (!pair.documents || !pair.before || !pair.after) return null;
  const [old, young] = pair.documents.map(linesOf) as [string[], string[]];
  const rows = [
    ...old.filter((each) => !young.includes(each)).map((each) => [say("plans.gone"), each]),
    ...young.filter((each) => !old.includes(each)).map((each) => [say("plans.new"), each]),
  ];
  return (
    <section aria-label={say("schedules.difference")}>
      <h3>{say("schedules.difference")}</h3>
      {pair.picker}
      <Table label={say("schedules.difference")} head={[say("plans.difference"), say("column.matter")]} rows={rows} empty={say("plans.alike")} />
      <DayBars
        title={pair.after.name}
        rows={[
          { label: `№ ${pair.before.number}`, schedule: pair.documents[0] },
          { label: `№ ${pair.after.number}`, schedule: pair.documents[1] },
        ]}
      />
    </section>
  );
}

interface Use {
  use_id: string;
  schedule: string;
  number: number;
  cabinets: string[];
  made_by: string;
  made_utc_ms: number;
}

function Uses() {
  const { found } = useList<Use>("/v1/schedule-uses");
  if (found.length === 0) return null;
  const rows = found.map((each) => [`${each.schedule} № ${each.number}`, each.cabinets.join(", "), each.made_by, sayTime(each.made_utc_ms)]);
  return <Table label={say("schedules.followed")} head={[say("schedules.followed"), say("wall.junctions"), say("column.who"), say("column.time")]} rows={rows} empty="" />;
}

interface Chosen {
  text: string;
  document: Record<string, unknown> | null;
  why: string;
}

function read(text: string): Chosen {
  if (!text.trim()) return { text, document: null, why: "" };
  if (new Blob([text]).size > MOST_BYTES) return { text, document: null, why: say("upload.large") };
  try {
    const document: unknown = JSON.parse(text);
    if (typeof document === "object" && document !== null && !Array.isArray(document)) return { text, document: document as Record<string, unknown>, why: "" };
  } catch (problem) {
    return { text, document: null, why: `${say("upload.json")} ${problem instanceof Error ? problem.message : ""}` };
  }
  return { text, document: null, why: say("upload.json") };
}

function Upload() {
  const [chosen, setChosen] = useState<Chosen>(read(""));
  const [note, setNote] = useState("");
  const [checked, setChecked] = useState<{ text: string; reasons: Reason[] } | null>(null);
  const [asking, setAsking] = useState(false);
  const [taken, setTaken] = useState<Item | null>(null);
  const { busy, wrong, act } = useAct();
  const reasons = checked?.text === chosen.text ? checked.reasons : null; // of exactly this document
  const isPlan = chosen.document?.format === PLAN_FORMAT;
  const [file, setFile] = useState(""); // the browser's own words for it are in the language of the browser
  const choose = (text: string) => {
    setChosen(read(text));
    setTaken(null);
  };
  const check = () =>
    act(async () => {
      const found = await ask<{ reasons: Reason[] }>("POST", "/v1/plan-checks", { document: chosen.document, note });
      setChecked({ text: chosen.text, reasons: found.reasons });
    });
  const takeFile = (found: File | undefined) => {
    setFile(found?.name ?? "");
    void found?.text().then(choose);
  };
  const take = () =>
    act(async () => {
      setAsking(false);
      setTaken(await ask<Item>("POST", isPlan ? "/v1/plans" : "/v1/schedules", { document: chosen.document, note }));
      acts.value += 1;
    });
  const name = String(chosen.document?.name ?? "");
  return (
    <section class="card upload" aria-label={say("upload.title")}>
      <h2>{say("upload.title")}</h2>
      <p>{say("upload.text")}</p>
      <Field label={say("upload.file")}>
        <span class="file">
          <input type="file" accept=".json,application/json" onChange={(e) => takeFile(e.currentTarget.files?.[0])} />
          <span class="file-choose">{say("upload.choose")}</span> {file || say("upload.nofile")}
        </span>
      </Field>
      <Field label={say("upload.document")}>
        <textarea name="document" rows={6} spellcheck={false} value={chosen.text} onInput={(e) => choose(e.currentTarget.value)} />
      </Field>
      <Field label={say("note")}>
        <input name="plan-note" maxLength={500} value={note} onInput={(e) => setNote(e.currentTarget.value)} />
      </Field>
      <Wrong text={chosen.why || wrong} />
      {reasons && <Verdict reasons={reasons} />}
      {taken && (
        <p class="done" role="status">
          ✔ {say("upload.taken", { name: taken.name, n: taken.number })}
        </p>
      )}
      <div class="buttons">
        <button type="button" disabled={busy || !chosen.document || !isPlan} onClick={() => void check()}>
          {say("upload.check")}
        </button>
        <button type="button" class="main" disabled={busy || taken !== null || !chosen.document || (isPlan && reasons?.length !== 0)} onClick={() => setAsking(true)}>
          {say("upload.take")}
        </button>
      </div>
      {asking && <Ask text={say("upload.ask", { name })} yes={say("upload.take")} onYes={() => void take()} onNo={() => setAsking(false)} />}
    </section>
  );
}

function Verdict({ reasons }: { reasons: readonly Reason[] }) {
  if (reasons.length === 0) {
    return (
      <p class="done" role="status">
        ✔ {say("upload.accepted")}
      </p>
    );
  }
  return (
    <div role="alert">
      <p class="wrong">✖ {say("upload.refused", { n: reasons.length })}</p>
      <Table label={say("upload.reasons")} head={[say("plans.signal"), say("upload.rule"), say("reason")]} rows={reasons.map((each) => [each.signal || "–", each.rule, <Told text={each.text} />])} empty="" />
    </div>
  );
}
