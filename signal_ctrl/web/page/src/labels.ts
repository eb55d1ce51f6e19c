// Words in two languages, from one catalogue.
import { signal } from "@preact/signals";
import catalogue from "./labels.json";

export type Language = "en" | "zh";
export type Label = keyof typeof catalogue;

const KEPT = "signal-ctrl.language";

function preferred(): Language {
  const kept = localStorage.getItem(KEPT);
  if (kept === "en" || kept === "zh") return kept;
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

export const language = signal<Language>(preferred());

export function changeLanguage(to: Language): void {
  localStorage.setItem(KEPT, to);
  language.value = to;
}

/** Returns a label with its {names} filled in. */
export function say(label: Label, values: Record<string, string | number> = {}): string {
  return catalogue[label][language.value].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

/** Returns the label of a word that the centre sent, or the word where the catalogue has none. */
export function sayWord(group: string, word: string, values: Record<string, string | number> = {}): string {
  const label = `${group}.${word}`;
  return label in catalogue ? say(label as Label, values) : word;
}

/** Returns a length of time in words. */
export function sayAge(seconds: number): string {
  if (seconds < 120) return say("age.s", { n: Math.max(0, Math.round(seconds)) });
  if (seconds < 7200) return say("age.min", { n: Math.round(seconds / 60) });
  return say("age.h", { n: Math.round(seconds / 3600) });
}

const locale = (): string => (language.value === "zh" ? "zh-CN" : "en-GB");

export const sayTime = (utcMs: number): string => `${sayDay(utcMs)} ${sayClock(utcMs)}`;
export const sayDay = (utcMs: number): string => new Date(utcMs).toLocaleDateString(locale());
export const sayClock = (utcMs: number): string => new Date(utcMs).toLocaleTimeString(locale(), { hourCycle: "h23" });

/** Orders names as people do: cab-2 before cab-10. */
export const byName = (a: string, b: string): number => a.localeCompare(b, "en", { numeric: true });
