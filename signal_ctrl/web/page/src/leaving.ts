// Logging out while the centre is silent. The cookie of the session is out of the page's reach, and only the centre can end what it
// stands for: so the page gives up at once whatever it acts with, says that the session lasts, and asks until it has ended.
import { signal } from "@preact/signals";
import { nowMs } from "./clock";

/** A session that was left here, and that the centre may still take this browser for. */
export interface Leaving {
  session: string;
  login: string;
  /** When it has ended by itself at the latest, by the centre's clock: no tab of this browser makes its token young again. */
  untilMs: number;
}

export const TOKEN_LASTS_MS = 15 * 60_000; // as the centre has it
const SPARE_MS = 60_000; // for a renewal that was under way, and for a clock that is corrected
const RETRY_MS = [1_000, 2_000, 4_000, 8_000, 15_000];
const KEPT = "signal-ctrl.leaving"; // so that a page that is loaded anew, or another tab, does not come in by the old cookie

const kept = (): Leaving | null => JSON.parse(localStorage.getItem(KEPT) ?? "null") as Leaving | null;

export const leaving = signal<Leaving | null>(null);
/** Whether the centre was asked in vain, and what has become of the session that was left last. */
export const isUnheard = signal(false);
export const left = signal<{ login: string; how: "ended" | "expired" } | null>(null);

/** Asks the centre to end a session. Returns whether this browser has it no more. */
export type Revoke = (session: string) => Promise<boolean>;

let revoke: Revoke = () => Promise.resolve(false);
let timer = 0;
let tried = 0;
let asking = false;

/** Takes up what was left before, and what another tab leaves. Args: drop, gives up whatever this page acts with. */
export function watchLeaving(ask: Revoke, drop: () => void): void {
  revoke = ask;
  leaving.value = kept();
  void tryNow();
  addEventListener("online", () => void tryNow());
  addEventListener("storage", ({ key, newValue }) => {
    if (key !== KEPT) return;
    if (newValue === null) return ended(nowMs.peek() > (leaving.peek()?.untilMs ?? 0) ? "expired" : "ended");
    leaving.value = kept();
    drop();
    void tryNow();
  });
}

/** Leaves a session: from now on nobody comes in by it here. */
export function leave(session: string, login: string): void {
  leaving.value = { session, login, untilMs: nowMs.peek() + TOKEN_LASTS_MS + SPARE_MS };
  left.value = null;
  isUnheard.value = false;
  tried = 0;
  localStorage.setItem(KEPT, JSON.stringify(leaving.value));
  void tryNow();
}

/** Whether a session was left, in whichever tab: none comes in by it again. */
export const isLeft = (session: string): boolean => kept()?.session === session;

/** Forgets what was left: another login has taken the place of its cookie, and the centre has ended it. */
export function arrive(): void {
  ended(null);
  localStorage.removeItem(KEPT);
}

export async function tryNow(): Promise<void> {
  const { session, untilMs } = leaving.peek() ?? { session: "", untilMs: 0 };
  if (!session || asking) return;
  clearTimeout(timer);
  asking = true;
  const isGone = await revoke(session).finally(() => (asking = false));
  if (leaving.peek()?.session !== session) return void tryNow(); // another one was left meanwhile, or somebody is in again
  if (isGone || nowMs.peek() > untilMs) {
    ended(isGone ? "ended" : "expired");
    localStorage.removeItem(KEPT);
    return;
  }
  isUnheard.value = true;
  timer = window.setTimeout(() => void tryNow(), RETRY_MS[Math.min(tried++, RETRY_MS.length - 1)]);
}

function ended(how: "ended" | "expired" | null): void {
  clearTimeout(timer);
  left.value = how && leaving.peek() && isUnheard.peek() ? { login: leaving.peek()?.login ?? "", how } : null;
  leaving.value = null;
  isUnheard.value = false;
}
