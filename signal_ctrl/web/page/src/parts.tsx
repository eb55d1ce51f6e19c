// Small parts that every view uses.
import { type ComponentChildren, isValidElement } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Problem } from "./api";
import { say, sayClock, sayDay } from "./labels";
import { sayTold } from "./told";

/** Runs something that asks the centre; tells whether it is under way and what went wrong. */
export function useAct(): { busy: boolean; wrong: string; act: (work: () => Promise<void>) => Promise<void> } {
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState("");
  const act = async (work: () => Promise<void>) => {
    if (busy) return;
    setBusy(true);
    setWrong("");
    try {
      await work();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      setWrong(problem.message);
    } finally {
      setBusy(false);
    }
  };
  return { busy, wrong, act };
}

export function Wrong({ text }: { text: string }) {
  return text ? (
    <p class="wrong" role="alert">
      ✖ {sayTold(text)}
    </p>
  ) : null;
}

/** A text of the centre in the language of the page; where that is another one, the words as they stand under the pointer. */
export function Told({ text }: { text: string }) {
  const said = sayTold(text);
  return said === text ? <>{text}</> : <span title={text}>{said}</span>;
}

/** A time; the column of a table breaks between its day and its time, never within. */
export function When({ at }: { at: number }) {
  return (
    <time class="when" dateTime={new Date(at).toISOString()}>
      <span>{sayDay(at)}</span> <span>{sayClock(at)}</span>
    </time>
  );
}

export function Field({ label, hint, children }: { label: string; hint?: string; children: ComponentChildren }) {
  return (
    <label class="field">
      <span>{label}</span>
      {children}
      {hint && <small>{hint}</small>}
    </label>
  );
}

/** What is said of a list besides its rows: what went wrong, and that there is none where the centre has said so. */
export function Whether({ list, none }: { list: { found: readonly unknown[]; heard: boolean; wrong: string }; none: string }) {
  if (list.wrong) return <Wrong text={list.wrong} />;
  return list.found.length > 0 ? null : <p class="empty">{list.heard ? none : say("loading")}</p>;
}

/** A question in a dialog that takes the keyboard; Escape is no. */
export function Ask(props: { text: string; yes: string; onYes: () => void; onNo: () => void }) {
  return (
    <Dialog title={props.text} onClose={props.onNo}>
      <div class="buttons">
        <button type="button" onClick={props.onNo} autofocus>
          {say("cancel")}
        </button>
        <button type="button" class="main" onClick={props.onYes}>
          {props.yes}
        </button>
      </div>
    </Dialog>
  );
}

/** A button that asks before it acts. */
export function Sure(props: { label: string; text: string; disabled?: boolean; class?: string; onYes: () => void }) {
  const [asking, setAsking] = useState(false);
  return (
    <>
      <button type="button" class={props.class} disabled={props.disabled} onClick={() => setAsking(true)}>
        {props.label}
      </button>
      {asking && <Ask text={props.text} yes={props.label} onNo={() => setAsking(false)} onYes={() => (setAsking(false), props.onYes())} />}
    </>
  );
}

export function Dialog(props: { title: string; onClose: () => void; children: ComponentChildren }) {
  const show = (element: HTMLDialogElement | null) => {
    if (element && !element.open) element.showModal();
  };
  const before = useRef(document.activeElement);
  useEffect(() => () => (before.current as HTMLElement | null)?.focus({ preventScroll: true }), []); // where the keyboard was
  return (
    <dialog
      ref={show}
      aria-label={props.title}
      onCancel={(event) => {
        event.preventDefault();
        props.onClose();
      }}
    >
      <h2>{props.title}</h2>
      {props.children}
    </dialog>
  );
}

const LONGEST_WORD = 24;

/** Whether a cell has a word so long, such as a hash, that it has to be broken where there is no room for it. */
function isLong(cell: ComponentChildren): boolean {
  const text = isValidElement(cell) && cell.type === Told ? (cell.props as unknown as { text: string }).text : cell;
  return typeof text === "string" && text.split(/\s/).some((word) => word.length > LONGEST_WORD);
}

export function Table(props: { head: string[]; rows: ComponentChildren[][]; label: string; empty: string }) {
  if (props.rows.length === 0) return <p class="empty">{props.empty}</p>;
  return (
    <div class="scrolls" role="region" aria-label={props.label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {props.head.map((each) => (
              <th key={each} scope="col">
                {each}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.rows.map((row, at) => (
            <tr key={at}>
              {row.map((cell, column) => (
                <td key={column} data-label={props.head[column]} class={isLong(cell) ? "long" : undefined}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
