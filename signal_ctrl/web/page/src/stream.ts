// The centre's stream of news, read by fetch: EventSource hides the pulse by which a dead link is known.
import { effect, signal } from "@preact/signals";
import { hearClock } from "./clock";
import { enterDemo, entry, hasEnded, IS_DEMO, roleNow } from "./api";

export interface News {
  kind: string;
  data: unknown;
}

export type LinkState = "waiting" | "live" | "dead";

const SILENT_MS = 20_000; // the centre sends a pulse every 15 s
const LOOK_MS = 1_000;
const SLOW_MS = 3_000; // so long an answer may take until the picture counts as old
const RETRY_MS = [1_000, 2_000, 4_000, 8_000];

export const link = signal<LinkState>("waiting");
export const heardMs = signal(0);

let lastNumber = "";
let current: AbortController | null = null;

const isSilent = (): boolean => Date.now() - heardMs.peek() > SILENT_MS;

// A timer does not run while the machine sleeps: what was not heard until now is looked at by the clock too.
setInterval(() => {
  if (link.peek() === "live" && isSilent()) current?.abort();
}, LOOK_MS);

effect(() => {
  if (entry.value !== "in") current?.abort(); // who has left hears nothing more
});

/** Reads the stream for ever and hands over each piece of news; comes back by itself with the last number it saw. */
export async function listen(take: (news: News) => void): Promise<never> {
  for (let failed = 0; ; ) {
    if (entry.value === "in") {
      const before = heardMs.value;
      await readOnce(take).catch(() => undefined);
      failed = heardMs.value > before ? 0 : failed + 1;
      link.value = failed > 0 || isSilent() ? "dead" : "waiting"; // a stream that ended and comes back at once is no alarm
    }
    if (entry.value !== "in") await whenIn();
    else await new Promise((done) => setTimeout(done, RETRY_MS[Math.min(failed, RETRY_MS.length - 1)]));
  }
}

function whenIn(): Promise<void> {
  return new Promise((done) => {
    const stop = entry.subscribe((now) => {
      if (now === "in") queueMicrotask(() => (stop(), done()));
    });
  });
}

async function readOnce(take: (news: News) => void): Promise<void> {
  const stop = new AbortController();
  current = stop;
  let silent = 0;
  const heard = () => {
    heardMs.value = Date.now();
    clearTimeout(silent);
    silent = window.setTimeout(() => stop.abort(), SILENT_MS);
  };
  const slow = window.setTimeout(() => (link.value = "dead"), SLOW_MS);
  try {
    silent = window.setTimeout(() => stop.abort(), SILENT_MS);
    const after = lastNumber ? `&after=${lastNumber}` : "";
    const askedMs = performance.now();
    const answer = await fetch(`/v1/stream?differences=1${after}`, { signal: stop.signal, headers: { accept: "text/event-stream" } });
    clearTimeout(slow);
    hearClock(answer, askedMs);
    if (answer.status === 401 && IS_DEMO) await enterDemo(roleNow());
    else if (answer.status === 401) {
      hasEnded.value = true;
      entry.value = "out";
    }
    if (!answer.ok || answer.body === null) return;
    heard();
    link.value = "live";
    await readBody(answer.body, heard, take);
  } finally {
    clearTimeout(slow);
    clearTimeout(silent);
    stop.abort();
  }
}

async function readBody(body: ReadableStream<Uint8Array>, heard: () => void, take: (news: News) => void): Promise<void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    heard();
    text += decoder.decode(value, { stream: true });
    const parts = text.split("\n\n");
    text = parts.pop() ?? "";
    for (const part of parts) takePart(part, take);
  }
}

function takePart(part: string, take: (news: News) => void): void {
  let kind = "";
  let data = "";
  for (const line of part.split("\n")) {
    if (line.startsWith("id: ")) lastNumber = line.slice(4);
    else if (line.startsWith("event: ")) kind = line.slice(7);
    else if (line.startsWith("data: ")) data += line.slice(6);
  }
  if (kind) take({ kind, data: JSON.parse(data || "null") });
}

/** Forgets what was seen, so that the next reading begins anew. */
export function forget(): void {
  lastNumber = "";
}

/** Begins anew at once, with everything as it is. */
export function again(): void {
  forget();
  current?.abort();
}
