// What the centre tells in English words (alarms, the audit, reasons of the gate, refusals), in the language of the page.
// The catalogue has a pair of texts a line; {names} stand for what is filled in. A text that it lacks stays as it was told.
import { language } from "./labels";
import catalogue from "./told.json";

interface Told {
  pattern: RegExp;
  names: string[];
  zh: string;
}

const AGAIN = new Set(["why", "what", "state", "kind", "mode", "role", "right"]); // what is filled in here is itself such a text
const LISTS = new Set(["whys", "kinds"]); // several of them, or one
const MOST_KEPT = 5_000;
const kept = new Map<string, string>();

const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
const weight = (text: string): number => text.replace(/\{\w+\}/g, "").length;

function toldOf(en: string, zh: string): Told {
  const parts = en.split(/\{(\w+)\}/);
  const source = parts.map((each, at) => (at % 2 ? "(.+?)" : literal(each))).join("");
  return { pattern: new RegExp(`^${source}$`, "s"), names: parts.filter((_, at) => at % 2), zh };
}

/** Texts by their words; the one that says most first, so that a general one takes only what no other one knows. */
const TOLD: readonly Told[] = (catalogue as [string, string][])
  .slice()
  .sort((a, b) => weight(b[0]) - weight(a[0]))
  .map(([en, zh]) => toldOf(en, zh));

/** Returns a text of the centre in the language of the page. */
export function sayTold(text: string): string {
  if (language.value === "en" || text === "") return text;
  const known = kept.get(text);
  if (known !== undefined) return known;
  if (kept.size >= MOST_KEPT) kept.clear();
  const said = inChinese(text);
  kept.set(text, said);
  return said;
}

function inChinese(text: string): string {
  for (const { pattern, names, zh } of TOLD) {
    const found = pattern.exec(text);
    if (found === null) continue;
    const values = Object.fromEntries(names.map((name, at) => [name, part(name, found[at + 1] ?? "")]));
    return zh.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? "");
  }
  return text;
}

function part(name: string, text: string): string {
  if (AGAIN.has(name)) return inChinese(text);
  if (LISTS.has(name)) return ofList(text);
  return text;
}

function ofList(text: string): string {
  const whole = inChinese(text);
  const parts = text.split(/, |; /);
  const said = parts.map(inChinese);
  return whole !== text || said.every((each, at) => each === parts[at]) ? whole : said.join("、");
}
