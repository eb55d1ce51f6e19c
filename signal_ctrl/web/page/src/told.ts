// What the centre tells in English words (alarms, the audit, reasons of the gate, refusals), in the language of the page.
// The catalogue has a pair of texts a line; {names} stand for what is filled in. A text that it lacks stays as it was told.
import { language } from "./labels";
import catalogue from "./told.json";

interface Told {
  pattern: RegExp;
  names: string[];
  zh: string;
  general: boolean;
}

const AGAIN = new Set(["why", "what", "state", "kind", "mode", "role", "right"]); // what is filled in here is itself such a text
const LISTS = new Set(["whys", "kinds"]); // several of them, or one
const MOST_KEPT = 5_000;
const MOST_PARTS = 15; // of a list that are looked at as one text: marks stand between them
const LEAST_WORDS = 4; // signs of its own that a text has to have: whatever has fewer fits nearly everything
const PLACE = /^((?:\S+ )?(?:[A-Z]\w*\/[\w-]+|(?:body|query|path)[.\w]*)): (.+)$/s; // the rule that refused, or the part of a wish
const kept = new Map<string, string>();

const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
const weight = (text: string): number => text.replace(/\{\w+\}/g, "").length;

function toldOf(en: string, zh: string): Told {
  const parts = en.split(/\{(\w+)\}/);
  const source = parts.map((each, at) => (at % 2 === 0 ? literal(each) : each === "id" ? "(\\S+?)" : "(.+?)")).join("");
  const general = weight(en) < LEAST_WORDS;
  return { pattern: new RegExp(`^${source}$`, "s"), names: parts.filter((_, at) => at % 2), zh, general };
}

/** Texts by their words; the one that says most first, so that a general one takes only what no other one knows. */
const TOLD: readonly Told[] = (catalogue as [string, string][])
  .slice()
  .sort((a, b) => weight(b[0]) - weight(a[0]))
  .map(([en, zh]) => toldOf(en, zh));

const SURE = TOLD.filter(({ general }) => !general);
const GENERAL = TOLD.filter(({ general }) => general);

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
  return sure(text) ?? listed(text, "; ", !PLACE.test(text)) ?? filled(text, GENERAL) ?? text;
}

/** Returns the words of a text that the catalogue has, also behind the name of what it is about; else null. */
function sure(text: string): string | null {
  const found = filled(text, SURE);
  if (found !== null) return found;
  const [, place = "", rest = ""] = PLACE.exec(text) ?? [];
  const said = rest && sure(rest);
  return said ? `${place}：${said}` : null;
}

function filled(text: string, catalogue: readonly Told[]): string | null {
  for (const { pattern, names, zh } of catalogue) {
    const found = pattern.exec(text);
    if (found === null) continue;
    const values = Object.fromEntries(names.map((name, at) => [name, part(name, found[at + 1] ?? "")]));
    return zh.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? "");
  }
  return null;
}

function part(name: string, text: string): string {
  if (AGAIN.has(name)) return inChinese(text);
  return LISTS.has(name) ? (sure(text) ?? listed(text, ", |; ", false) ?? inChinese(text)) : text;
}

/**
 * Returns several texts in one; null where none of them is known. A text may hold the mark between them itself, so the longest one
 * that is known counts. Args: marks, what stands between them; all, whether each has to be known, as words of people may hold anything.
 */
function listed(text: string, marks: string, all: boolean): string | null {
  const parts = text.split(new RegExp(`(${marks})`));
  if (parts.length === 1) return null;
  const said: string[] = [];
  let known = 0;
  for (let at = 0; at < parts.length; ) {
    const [upto, words] = longest(parts, at);
    if (words !== null) known += 1;
    else if (all) return null;
    said.push(words ?? filled(parts[at] ?? "", GENERAL) ?? parts[at] ?? "");
    at = upto + 1; // behind the mark
  }
  return known > 0 ? said.join("、") : null;
}

/** Returns where the longest text ends that begins at a part and is known, and its words; where none is, null. */
function longest(parts: readonly string[], at: number): [number, string | null] {
  for (let upto = Math.min(parts.length, at + MOST_PARTS); upto > at; upto -= 2) {
    const said = sure(parts.slice(at, upto).join(""));
    if (said !== null) return [upto, said];
  }
  return [at + 1, null];
}
