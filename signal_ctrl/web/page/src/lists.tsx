// Alarms, repairs and the audit, as lists.
import { useEffect, useState } from "preact/hooks";
import { ask, Problem } from "./api";
import { type Alarm, alarms, junctions, mayHandle, refreshAlarms, tickets, type Ticket } from "./city";
import { type Label, say, sayWord } from "./labels";
import { Field, Sure, Table, Told, useAct, When, Wrong } from "./parts";
import { pastMs } from "./past";
import { addressOf } from "./places";
import { sayTold } from "./told";
import { lately } from "./use_list";

const SIGN: Readonly<Record<Alarm["severity"], string>> = { critical: "⬣", warning: "▲", notice: "●" };

const INCIDENT = /^in-[0-9a-f]{16}$/;
const SIGNS_SHOWN = 9; // of the name of an incident, which is long and says nothing: the whole of it is under the pointer

function Subject({ name }: { name: string }) {
  if (INCIDENT.test(name))
    return (
      <a href={addressOf("incidents")} title={name}>
        {name.slice(0, SIGNS_SHOWN)}…
      </a>
    );
  return junctions.value.has(name) ? <a href={addressOf("map", name)}>{name}</a> : <>{name}</>;
}

export function AlarmsView() {
  return (
    <section class="view">
      <h1>{say("view.alarms")}</h1>
      <AlarmTable shown={alarms.value} />
    </section>
  );
}

export function AlarmTable({ shown }: { shown: readonly Alarm[] }) {
  const { busy, wrong, act } = useAct();
  const acknowledge = (alarm: Alarm) =>
    act(async () => {
      await ask("POST", `/v1/alarms/${alarm.alarm_id}/acknowledge`);
      await refreshAlarms();
    });
  const rows = shown.map((each) => [
    <span class={`severity ${each.severity}`}>
      <span aria-hidden="true">{SIGN[each.severity]}</span> {say(`severity.${each.severity}` as Label)}
    </span>,
    <When at={each.raised_utc_ms} />,
    <Subject name={each.subject} />,
    <span>
      <Told text={each.text} />
      {each.times > 1 && ` (×${each.times})`}
    </span>,
    each.acknowledged_by ? (
      say("alarms.by", { who: each.acknowledged_by })
    ) : mayHandle() ? (
      <Sure key={each.alarm_id} label={say("alarms.ack")} text={say("alarms.ack.ask", { subject: each.subject, text: sayTold(each.text) })} disabled={busy} onYes={() => void acknowledge(each)} />
    ) : (
      ""
    ),
  ]);
  return (
    <>
      <Wrong text={wrong} />
      <Table
        label={say("view.alarms")}
        head={[say("column.severity"), say("column.time"), say("column.object"), say("column.matter"), say("column.result")]}
        rows={rows}
        empty={say("alarms.none")}
      />
    </>
  );
}

export function TicketsView() {
  const state = (each: Ticket) => say(`tstate.${each.state}` as Label, { who: each.assigned_to });
  const shown = tickets.value.filter((each) => each.state !== "closed");
  const rows = shown.map((each) => [
    <When at={each.opened_utc_ms} />,
    <Subject name={each.cabinet} />,
    [each.facility, each.device].filter(Boolean).join(" "),
    <Told text={each.text} />,
    state(each),
  ]);
  return (
    <section class="view">
      <h1>{say("view.tickets")}</h1>
      <Table
        label={say("view.tickets")}
        head={[say("column.time"), say("wall.junctions"), say("column.object"), say("column.matter"), say("column.result")]}
        rows={rows}
        empty={say("tickets.none")}
      />
    </section>
  );
}

interface AuditRecord {
  n: number;
  time_utc_ms: number;
  actor: string;
  action: string;
  object: string;
  result: string;
}

interface Verdict {
  sound: boolean;
  records: number;
  last: number;
  findings: { n: number; text: string }[];
  complaints: string[];
}

const PAGE = 200;
const MOST_ASKED = 10; // one question looks at 20,000 records, and may find none that this account sees
const PAST_STEP_MS = 600_000; // the past is asked for in such pieces, so that not each second of a replay asks

export function AuditView() {
  return (
    <section class="view">
      <h1>{say("view.audit")}</h1>
      <AuditList newest={PAGE} />
    </section>
  );
}

interface Page {
  records: AuditRecord[];
  /** Before which number there may be more; null: these were the first ones. */
  earlier_n: number | null;
}

/** Records that are here, the oldest first; before which number there may be more; and whether somebody has asked for older ones. */
interface Known {
  records: readonly AuditRecord[];
  earlier: number | null;
  paged: boolean;
}

const NONE: Known = { records: [], earlier: null, paged: false };

/** Returns records in their order, each once. */
const joined = (some: readonly AuditRecord[], more: readonly AuditRecord[]): AuditRecord[] =>
  [...new Map([...some, ...more].map((each) => [each.n, each])).values()].sort((a, b) => a.n - b.n);

/** Returns what is known once the newest records have come: older ones that were asked for stay, unless some between may be missing. */
function withHead(known: Known, { records, earlier_n: earlier }: Page): Known {
  const newest = known.records.at(-1)?.n ?? 0;
  if ((records.at(-1)?.n ?? 0) < newest) return known; // a younger answer has come
  return known.paged && (earlier ?? 1) <= newest + 1 ? { ...known, records: joined(known.records, records) } : { records, earlier, paged: false };
}

/** Asks for older records until one of them fits, or so many questions were in vain. */
async function olderThan(before: number | null, fits: (each: AuditRecord) => boolean): Promise<Page> {
  let found: Page = { records: [], earlier_n: before };
  for (let asked = 0; asked < MOST_ASKED && found.earlier_n !== null && !found.records.some(fits); asked += 1) {
    const page = await ask<Page>("GET", `/v1/audit?before_n=${found.earlier_n}&limit=${PAGE}`);
    found = { records: [...page.records, ...found.records], earlier_n: page.earlier_n };
  }
  return found;
}

/** The audit, the youngest first. Args: most, how many of the newest that fit are shown, without more to do; none: all. */
export function AuditList({ newest, most }: { newest: number; most?: number }) {
  const [filter, setFilter] = useState("");
  const [{ records, earlier }, setKnown] = useState(NONE);
  const [verdict, setVerdict] = useState<Verdict | null>(null);
  const [headWrong, setHeadWrong] = useState("");
  const { busy, wrong, act } = useAct();
  const untilMs = pastMs.value ?? Infinity;
  const endMs = pastMs.value === null ? null : Math.ceil(pastMs.value / PAST_STEP_MS) * PAST_STEP_MS;
  useEffect(() => setKnown(NONE), [endMs]);
  useEffect(() => {
    let wanted = true;
    const look = async () => {
      const head = await ask<Page>("GET", `/v1/audit?newest=${newest}${endMs === null ? "" : `&until_utc_ms=${endMs}`}`);
      const page = head.records.length > 0 ? head : await olderThan(head.earlier_n, () => true);
      if (!wanted) return;
      setKnown((known) => withHead(known, page));
      setHeadWrong("");
    };
    look().catch((problem: unknown) => problem instanceof Problem && wanted && setHeadWrong(problem.message));
    return () => {
      wanted = false;
    };
  }, [lately.value, endMs]);
  const older = () =>
    act(async () => {
      const page = await olderThan(earlier, fits);
      setKnown((known) => ({ records: joined(page.records, known.records), earlier: page.earlier_n, paged: true }));
    });
  const verify = () => act(async () => setVerdict(await ask<Verdict>("GET", "/v1/audit/verify")));
  const wanted = filter.toLowerCase();
  const wordsOf = ({ actor, action, object, result }: AuditRecord) => [actor, ...[action, object, result].flatMap((each) => [each, sayTold(each)])].join(" ").toLowerCase();
  const fits = (each: AuditRecord) => each.time_utc_ms <= untilMs && wordsOf(each).includes(wanted);
  const rows = [...records]
    .reverse()
    .filter(fits)
    .slice(0, most)
    .map((each) => [String(each.n), <When at={each.time_utc_ms} />, sayWord("actor", each.actor), <Told text={each.action} />, <Told text={each.object} />, <Told text={each.result} />]);
  return (
    <>
      <div class="bar">
        <Field label={say("audit.filter")}>
          <input type="search" value={filter} onInput={(e) => setFilter(e.currentTarget.value)} />
        </Field>
        {most === undefined && (
          <button type="button" disabled={busy} onClick={() => void verify()}>
            {say("audit.verify")}
          </button>
        )}
      </div>
      <Wrong text={wrong || headWrong} />
      {verdict && <VerdictText verdict={verdict} />}
      <Table
        label={say("view.audit")}
        head={["№", say("column.time"), say("column.who"), say("column.what"), say("column.object"), say("column.result")]}
        rows={rows}
        empty={earlier === null ? say("nothing") : say("audit.sofar", { n: earlier })}
      />
      {most === undefined && earlier !== null && (
        <button type="button" disabled={busy} onClick={() => void older()}>
          {say("audit.more")}
        </button>
      )}
    </>
  );
}

function VerdictText({ verdict }: { verdict: Verdict }) {
  if (verdict.sound) return <p role="status">✔ {say("audit.sound", { n: verdict.records })}</p>;
  return <Wrong text={[say("audit.broken"), ...verdict.findings.map((each) => each.text), ...verdict.complaints].join(" · ")} />;
}
