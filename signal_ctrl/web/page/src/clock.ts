// The centre's clock: countdowns and ages are the centre's, whatever the clock of this machine says, and after a sleep of it too.
import { effect, signal } from "@preact/signals";
import { pastMs } from "./past";

/** Whether the centre serves a demo, where every visitor of its own machine gets a session. */
export const IS_DEMO = document.documentElement.dataset.demo !== undefined;
const DATE_MS = 2_000; // an answer tells whole seconds, and a server looks once a second what time it is
const SPARE_MS = 500;

/** What the centre's clock said at a time of this one, and how fast it goes beside it. */
let clock = { saidMs: Date.now(), atMs: Date.now(), speed: 1 };
export const nowMs = signal(Date.now());

const here = (): number => clock.saidMs + (Date.now() - clock.atMs) * clock.speed;
const readClock = (): void => {
  nowMs.value = pastMs.peek() ?? here();
};
setInterval(readClock, 1_000);
effect(() => {
  if (pastMs.value === null) readClock(); // who comes back from the past is at once in the present
});

export function setClock(saidMs: number, speed: number): void {
  clock = { saidMs, atMs: Date.now(), speed };
  readClock();
}

/** Takes the time that an answer tells, where this clock cannot be right. Args: askedMs, when it was asked for, by `performance`. */
export function hearClock(answer: Response, askedMs: number): void {
  const said = Date.parse(answer.headers.get("date") ?? "");
  if (IS_DEMO || Number.isNaN(said) || answer.headers.get("cache-control") !== "no-store") return; // what was kept tells an old time
  const [now, tookMs] = [here(), performance.now() - askedMs];
  if (now < said - SPARE_MS || now > said + DATE_MS + tookMs + SPARE_MS) setClock(said + (DATE_MS + tookMs) / 2, 1);
}
