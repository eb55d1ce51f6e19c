// Words of the driver's page in two languages.
import { signal } from "@preact/signals";
import catalogue from "./words.json";

export type Word = keyof typeof catalogue;
export type Language = "en" | "zh";
const KEPT = "parking.language";
const kept = localStorage.getItem(KEPT);
export const language = signal<Language>(kept === "en" || kept === "zh" ? kept : navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en");

export function changeLanguage(): void {
  language.value = language.value === "en" ? "zh" : "en";
  localStorage.setItem(KEPT, language.value);
}

/** Returns a word with its {names} filled in. */
export function say(word: Word, values: Record<string, string | number> = {}): string {
  return catalogue[word][language.value].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}
