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
const LEAST_WORDS = 4; // signs of its own that a text has to have to be one
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

/** Those that do not fit whatever has a colon or a bracket in it. */
const SURE = TOLD.filter(({ general }) => !general);

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

function inChinese(text: string, catalogue = TOLD): string {
  for (const { pattern, names, zh } of catalogue) {
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

/** Returns several texts, however they are divided; a text may hold such a mark itself, so the longest that is known counts. */
function ofList(text: string): string {
  const whole = inChinese(text);
  if (whole !== text) return whole;
  const parts = text.split(/(, |; )/);
  const said: string[] = [];
  for (let at = 0; at < parts.length; ) {
    const [upto, words] = longest(parts, at);
    said.push(words);
    at = upto + 1; // behind the mark
  }
  return said.every((each, at) => each === parts[2 * at]) ? text : said.join("、");
}

/** Returns where the longest text ends that begins at a part and is known, and its words; where none is, the part alone. */
function longest(parts: readonly string[], at: number): [number, string] {
  for (let upto = Math.min(parts.length, at + MOST_PARTS); upto > at; upto -= 2) {
    const text = parts.slice(at, upto).join("");
    const said = inChinese(text, SURE);
    if (said !== text) return [upto, said];
  }
  const alone = parts[at] ?? "";
  return [at + 1, inChinese(alone)];
}
