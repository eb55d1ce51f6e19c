// Requests to the centre. The session is a cookie that scripts cannot read; writes carry its CSRF token.
import { signal } from "@preact/signals";
import { hearClock, IS_DEMO } from "./clock";
import { say } from "./labels";
import { arrive, isLeft, leave, leaving, watchLeaving } from "./leaving";
import { isPast } from "./past";

export interface Me {
  login: string;
  role: string;
  district: string | null;
  session: string;
  rights: Record<string, string>;
  csrf: string;
}

interface Session {
  csrf: string;
  needs_enrolment: boolean;
}

/** What the centre answered instead of what was asked for. `status` 0: it did not answer. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly kind: string,
    detail: string,
  ) {
    super(detail);
  }
}

export type Entry = "looking" | "out" | "enrolling" | "in";

export const me = signal<Me | null>(null);
export const entry = signal<Entry>("looking");
export const hasEnded = signal(false);
/** Set while somebody has to show a one-time code; called with whether they did. */
export const factorAsked = signal<((shown: boolean) => void) | null>(null);

export { IS_DEMO };
const AGAIN_MS = 1_500; // what was refused as too much is asked for once more
const EXCHANGE_MS = 5 * 60_000;
const PATIENCE_MS = 30_000; // after a sleep or on a lost line an answer may never come, and what waits for it waits for ever
const LONG = /^\/v1\/(audit\/verify|past\/)/; // what reads much may take its time
const LOG_OUT = "/v1/logout";
const BEEN_IN = "signal-ctrl.been-in"; // no secret: the cookie cannot be seen, and asking without one is an error
const LEAVE_MS = 5_000;
let csrf = "";
let parting = ""; // the token of the session that is being left, for its first try
const underWayNow = new Set<AbortController>();

/** Asks for something, or has something done, for who is logged in; nobody else asks. */
export async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
  if (entry.peek() !== "in") throw new Problem(0, "out", "");
  try {
    return await send<T>(method, path, body);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (problem.status === 401 && entry.value === "in" && IS_DEMO) {
      await enterDemo(roleNow());
      return send<T>(method, path, body);
    }
    if (problem.status === 401 && entry.value === "in") {
      hasEnded.value = true;
      entry.value = "out";
    }
    if (problem.status === 429 && method === "GET") {
      await new Promise((done) => setTimeout(done, AGAIN_MS));
      return send<T>(method, path, body);
    }
    if (problem.status === 403 && /x-csrf-token/i.test(problem.message) && (await hasRenewed())) return send<T>(method, path, body);
    const wantsCode = problem.status === 403 && /second factor/i.test(problem.message) && method !== "GET";
    if (wantsCode && factorAsked.value === null && (await (IS_DEMO ? enterDemo(roleNow()) : showsFactor()))) return send<T>(method, path, body);
    throw problem;
  }
}

/** Another tab has renewed the token that both of them have. Returns whether it is still the same person who acts here. */
async function hasRenewed(): Promise<boolean> {
  const login = me.value?.login;
  await learnWho();
  return me.value?.login === login;
}

const MOST_AT_ONCE = 9; // the centre takes 20 at once and 10 a second of an account: half for this page, half for one before or beside it
const A_SECOND = 8;
const LOOK_AGAIN_MS = 25;
let underWay = 0;
let counted = 0; // of what was answered, as much as the centre may still count against this account
let countedAtMs = 0;
let queue = Promise.resolve();

/** Whether one more may be asked now: what is under way may all be counted by the centre in this very moment. */
function isFree(): boolean {
  const now = Date.now();
  counted = Math.max(0, counted - ((now - countedAtMs) / 1_000) * A_SECOND);
  countedAtMs = now;
  return underWay + counted <= MOST_AT_ONCE - 1;
}

async function whenFree(): Promise<void> {
  while (!isFree()) await new Promise((done) => setTimeout(done, LOOK_AGAIN_MS));
  underWay += 1;
}

/** Fetches in turn, so that a page never asks faster than the centre answers, however unevenly it answers. What acts goes first. */
async function inTurn(path: string, wish: RequestInit, patienceMs: number): Promise<[Response, unknown]> {
  const stop = new AbortController();
  underWayNow.add(stop); // from here on who logs out stops it, also while it waits for its turn
  const before = wish.method === "GET" ? (queue = queue.then(whenFree)) : whenFree();
  await before;
  const askedMs = performance.now();
  const timer = LONG.test(path) ? 0 : setTimeout(() => stop.abort(), patienceMs);
  try {
    const answer = await fetch(path, { ...wish, signal: stop.signal });
    hearClock(answer, askedMs);
    return [answer, answer.status === 204 ? undefined : await answer.json().catch((cut) => (answer.ok ? Promise.reject(cut) : {}))];
  } finally {
    clearTimeout(timer);
    underWayNow.delete(stop);
    isFree();
    underWay -= 1;
    counted += 1;
  }
}

/** What may be asked for while the past is shown: what reads, and what keeps the session. Nothing else is sent. */
const SESSION = /^\/v1\/(login|logout|token|second-factor|demo-session)/;
const READING = new Set(["read_status", "read_audit"]);

async function send<T>(method: string, path: string, body?: unknown, token = csrf, patienceMs = PATIENCE_MS): Promise<T> {
  if (isPast.peek() && method !== "GET" && !SESSION.test(path)) throw new Problem(0, "past", say("replay.no"));
  const headers: Record<string, string> = { accept: "application/json" };
  if (method !== "GET") headers["x-csrf-token"] = token;
  if (body !== undefined) headers["content-type"] = "application/json";
  const keepalive = path === LOG_OUT; // it goes out also where its page is closed at once
  const wish = { method, headers, keepalive, body: body === undefined ? undefined : JSON.stringify(body) };
  const [answer, document] = await inTurn(path, wish, patienceMs).catch(() => {
    throw new Problem(0, "network", say("error.network")); // it did not come, or was cut on its way
  });
  if (answer.ok) return document as T;
  const { type, detail } = (document ?? {}) as { type?: string; detail?: string };
  const words = detail || answer.statusText || say("error.status", { status: answer.status }); // HTTP/2 has no words of its own
  throw new Problem(answer.status, String(type ?? "").replace("/problems/", ""), String(words));
}

function showsFactor(): Promise<boolean> {
  return new Promise((done) => {
    factorAsked.value = (shown) => {
      factorAsked.value = null;
      done(shown);
    };
  });
}

function take(session: Session): void {
  csrf = session.csrf;
}

/** Finds out whether the cookie of an earlier visit still counts. */
export async function resume(): Promise<void> {
  watchLeaving(revoke, drop);
  try {
    if (leaving.peek() && !IS_DEMO) throw new Problem(401, "unauthorized", "");
    if (IS_DEMO) {
      await enterDemo("supervisor");
      return;
    }
    if (!localStorage.getItem(BEEN_IN)) throw new Problem(401, "unauthorized", "");
    await learnWho();
  } catch {
    entry.value = "out";
  }
}

async function learnWho(): Promise<void> {
  const found = await send<Me>("GET", "/v1/me");
  if (isLeft(found.session)) throw new Problem(401, "left", ""); // in another tab, just now
  csrf = found.csrf;
  me.value = found;
  hasEnded.value = false;
  arrive();
  localStorage.setItem(BEEN_IN, "1");
  entry.value = "in";
}

export async function logIn(login: string, password: string, code: string): Promise<void> {
  const session = await send<Session>("POST", "/v1/login", { login, password, code, cookie: true });
  take(session);
  arrive();
  if (session.needs_enrolment) entry.value = "enrolling";
  else await learnWho();
}

/** Begins a session of the demo; its second factor is young. */
export async function enterDemo(role: string): Promise<boolean> {
  take(await send<Session>("POST", "/v1/demo-session", { role }));
  await learnWho();
  return true;
}

export const DEMO_ROLES = ["operator", "supervisor", "engineer"] as const;
export const roleNow = (): string => DEMO_ROLES.find((each) => each === me.value?.role) ?? "supervisor";

/** Gives up at once whatever this page acts with; what is under way is stopped, and its answer is none of ours. */
function drop(): void {
  csrf = "";
  me.value = null;
  entry.value = "out";
  hasEnded.value = false;
  factorAsked.value?.(false);
  localStorage.removeItem(BEEN_IN);
  for (const each of underWayNow) each.abort();
}

export function logOut(): void {
  const was = me.peek();
  parting = csrf;
  drop();
  if (was) leave(was.session, was.login);
}

/** Asks the centre to end a session that was left, if the cookie is still that session's. */
async function revoke(session: string): Promise<boolean> {
  try {
    const found = parting ? { session, csrf: parting } : await send<Me>("GET", "/v1/me", undefined, "", LEAVE_MS);
    parting = ""; // whatever becomes of it: another tab may have renewed the token
    if (found.session === session) await send<void>("POST", LOG_OUT, undefined, found.csrf, LEAVE_MS);
    return true;
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    return problem.status === 401;
  }
}

export async function offerFactor(): Promise<string> {
  return (await send<{ secret: string }>("POST", "/v1/second-factor/offer")).secret;
}

export async function enrolFactor(code: string): Promise<void> {
  take(await send<Session>("POST", "/v1/second-factor/enrol", { code }));
  await learnWho();
}

export async function showFactor(code: string): Promise<void> {
  take(await send<Session>("POST", "/v1/second-factor", { code }));
  factorAsked.value?.(true);
}

/** Keeps the token young while the page is looked at. */
export function keepSession(): void {
  setInterval(() => {
    if (entry.value !== "in" || document.hidden) return;
    void renewToken();
  }, EXCHANGE_MS);
}

export const renewToken = (): Promise<void> => ask<Session>("POST", "/v1/token").then(take, () => undefined);

export function may(right: string): boolean {
  return right in (me.value?.rights ?? {}) && (!isPast.value || READING.has(right));
}
