// Taking a junction over: the wish, its price, the confirmation. Nothing is issued without the price on the screen.
import { useState } from "preact/hooks";
import { ask, me } from "./api";
import { nowMs, type Override, type Price, refreshOverrides } from "./city";
import { type Label, say, sayWord } from "./labels";
import { Field, useAct, Wrong } from "./parts";
import { sayTold } from "./told";

interface Preparation {
  nonce: string;
  valid_for_ms: number;
  document: unknown;
  sha256: string;
  second: string[];
  estimate: Price;
}

interface Prepared extends Preparation {
  /** Of which wish it is, and until when it may be confirmed by the centre's clock. */
  wish: string;
  untilMs: number;
}

const KINDS = ["call_stage", "hold_stage", "all_red", "flash", "dark"] as const;
const REASONS = ["accident", "congestion", "emergency", "escort", "event", "flood", "power", "roadworks", "other"] as const;
const MOST_MINUTES = 120;

/** Why the centre cannot tell a price, and the label that says it in both languages. */
const WHYS: Readonly<Record<string, Label>> = {
  "saturated: its queue would not dissolve": "price.why.saturated",
  "its plan is unknown, or never serves it": "price.why.plan",
  "there is no method for flash and dark: nobody knows who yields to whom": "price.why.method",
  "the cabinet never said that it took the override up": "price.why.silent",
};

/** What was entered, kept over the end of a session: whoever logs in again goes on where they were. */
const drafts = new Map<string, Draft>();
let whose = "";

/** Returns the drafts of who is logged in: what somebody else entered before is none of his. */
function own(): Map<string, Draft> {
  const login = me.peek()?.login ?? "";
  if (login !== whose) drafts.clear();
  whose = login;
  return drafts;
}

interface Draft {
  kind: (typeof KINDS)[number];
  stage: string;
  minutes: string;
  reason: string;
  caseNumber: string;
  note: string;
}

export function TakeOver({ junction, stages }: { junction: string; stages: string[] }) {
  const [draft, setDraft] = useState<Draft>(
    () => own().get(junction) ?? { kind: "call_stage", stage: stages[0] ?? "", minutes: "", reason: "", caseNumber: "", note: "" },
  );
  const change = (part: Partial<Draft>) => {
    const next = { ...draft, ...part };
    own().set(junction, next);
    setDraft(next);
  };
  const wantsStage = draft.kind === "call_stage" || draft.kind === "hold_stage";
  const wish = () => ({
    kind: draft.kind,
    scope: { kind: "junction", names: [junction] },
    reason: draft.reason,
    case: draft.caseNumber,
    note: draft.note,
    lasts_s: Math.round(Number(draft.minutes) * 60),
    ...(wantsStage ? { stage: draft.stage } : {}),
  });
  return (
    <PricedForm wish={wish} onIssued={() => own().delete(junction)}>
      <Field label={say("kind")}>
        <select name="kind" value={draft.kind} onChange={(e) => change({ kind: e.currentTarget.value as Draft["kind"] })}>
          {KINDS.map((each) => (
            <option key={each} value={each}>
              {say(`kind.${each}` as Label)}
            </option>
          ))}
        </select>
      </Field>
      {wantsStage && (
        <Field label={say("stage")}>
          <select name="stage" value={draft.stage} required onChange={(e) => change({ stage: e.currentTarget.value })}>
            {stages.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </Field>
      )}
      <WhyFields draft={draft} change={change} />
    </PricedForm>
  );
}

interface Why {
  minutes: string;
  reason: string;
  caseNumber: string;
  note: string;
}

/** The end and the reason, which every override needs. */
export function WhyFields({ draft, change }: { draft: Why; change: (part: Partial<Why>) => void }) {
  return (
    <>
      <Field label={say("minutes")} hint={say("minutes.hint")}>
        <input
          name="minutes"
          type="number"
          min={1}
          max={MOST_MINUTES}
          step={1}
          required
          value={draft.minutes}
          onInput={(e) => change({ minutes: e.currentTarget.value })}
        />
      </Field>
      <Field label={say("reason")}>
        <select name="reason" required value={draft.reason} onChange={(e) => change({ reason: e.currentTarget.value })}>
          <option value="" disabled />
          {REASONS.map((each) => (
            <option key={each} value={each}>
              {say(`reason.${each}` as Label)}
            </option>
          ))}
        </select>
      </Field>
      <Field label={say("case")}>
        <input name="case" required maxLength={64} value={draft.caseNumber} onInput={(e) => change({ caseNumber: e.currentTarget.value })} />
      </Field>
      <Field label={say("note")}>
        <input name="note" maxLength={500} value={draft.note} onInput={(e) => change({ note: e.currentTarget.value })} />
      </Field>
    </>
  );
}

/** A form whose first button shows the price and whose second one issues exactly what was priced. What is wished may stand beside it. */
export function PricedForm(props: {
  wish: () => unknown;
  onIssued: () => void;
  children: preact.ComponentChildren;
  ready?: boolean;
}) {
  const [last, setLast] = useState<Prepared | null>(null);
  const [issued, setIssued] = useState<Override | null>(null);
  const { busy, wrong, act } = useAct();
  const wish = JSON.stringify(props.wish());
  const prepared = last?.wish === wish ? last : null; // an answer that comes late may be that of another wish
  const prepare = async () => {
    setIssued(null);
    const found = await ask<Preparation>("POST", "/v1/override-preparations", JSON.parse(wish));
    setLast({ ...found, wish, untilMs: nowMs.peek() + found.valid_for_ms });
  };
  const issue = async () => {
    if (prepared === null) return;
    const wished = { document: prepared.document, nonce: prepared.nonce };
    const made = await ask<Override>("POST", "/v1/overrides", wished).finally(() => void refreshOverrides()); // what was lost may have been done
    setLast(null);
    setIssued(made);
    props.onIssued();
  };
  return (
    <form
      class="takeover"
      onSubmit={(event) => {
        event.preventDefault();
        void act(prepare);
      }}
    >
      {props.children}
      <Wrong text={wrong} />
      <button class={prepared ? "" : "main"} disabled={busy || props.ready === false}>
        {say("price.show")}
      </button>
      {prepared && <Confirm prepared={prepared} busy={busy} onConfirm={() => void act(issue)} />}
      {issued && (
        <p class="done" role="status">
          ✔ {say("issued", { id: issued.override_id, state: sayWord("ostate", stateWord(issued.state)) })}
        </p>
      )}
    </form>
  );
}

/** The centre's word for a state, as the catalogue has it. */
export function stateWord(state: string): string {
  return state === "waiting for approval" ? "waiting" : state;
}

function Confirm(props: { prepared: Prepared; busy: boolean; onConfirm: () => void }) {
  const left = Math.ceil(secondsTo(props.prepared.untilMs));
  if (left <= 0) return <p role="status">{say("price.stale")}</p>;
  return (
    <section class="price" aria-label={say("price.title")}>
      <h3>{say("price.title")}</h3>
      <PriceText price={props.prepared.estimate} />
      {props.prepared.second.length > 0 && <p class="second">⚠ {say("price.second", { why: props.prepared.second.map(sayTold).join(", ") })}</p>}
      <button type="button" class="danger" disabled={props.busy} onClick={props.onConfirm}>
        {say("confirm")}
      </button>
      <small>{say("price.valid", { s: left })}</small>
    </section>
  );
}

function grouped<T>(all: readonly T[], keyOf: (one: T) => string): Map<string, T[]> {
  const found = new Map<string, T[]>();
  for (const one of all) {
    const key = keyOf(one);
    found.set(key, [...(found.get(key) ?? []), one]);
  }
  return found;
}

/** What the price leaves out, a line for each reason. */
function unknownOf(price: Price): { why: string; groups: string }[] {
  const told = (name: string): string => price.groups.find((each) => `${each.cabinet}/${each.group}` === name)?.why ?? "";
  return [...grouped(price.unknown, told)].map(([why, names]) => {
    const groups = names.join(", ");
    return { why: why in WHYS ? say(WHYS[why] as Label) : why || groups, groups };
  });
}

/** Who walks and waits longer, a line for those of a cabinet who wait as long: a convoy's way has dozens of crossings. */
function waitsOf(price: Price): { cabinet: string; groups: string; s: number }[] {
  const known = price.crossings.filter((each) => each.added_wait_s !== null);
  const alike = grouped(known, (each) => `${each.cabinet} ${Math.round(each.added_wait_s ?? 0)}`);
  return [...alike.values()].map((each) => ({
    cabinet: each[0]?.cabinet ?? "",
    groups: each.map(({ group }) => group).join(", "),
    s: Math.round(each[0]?.added_wait_s ?? 0),
  }));
}

export function PriceText({ price }: { price: Price }) {
  const [low, mid, high] = price.added_veh_h ?? [0, 0, 0];
  return (
    <ul class="price-list">
      {price.added_veh_h !== null && (
        <li>{say("price.estimate", { mid: mid.toFixed(2), low: low.toFixed(2), high: high.toFixed(2) })}</li>
      )}
      {unknownOf(price).map(({ why, groups }) => (
        <li key={why}>{price.added_veh_h === null ? say("price.unknown", { why }) : say("price.partly", { groups, why })}</li>
      ))}
      {waitsOf(price).map(({ cabinet, groups, s }) => (
        <li key={`${cabinet} ${s}`}>{say("price.crossing", { group: `${cabinet}/${groups}`, s })}</li>
      ))}
    </ul>
  );
}

/** Seconds until a time of the centre's clock. */
export const secondsTo = (utcMs: number): number => (utcMs - nowMs.value) / 1000;
