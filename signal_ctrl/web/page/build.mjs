// Bundles two pages: the command centre's into ../built, the driver's into ../built_parking. Each is one script, one style
// sheet, named by their hash, and the document that names them.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";

const MOST_SCRIPT_BYTES = 200_000; // compressed, map library included

await bundle("src/main.tsx", "src/index.html", "built");
await bundle("src/driver/main.tsx", "src/driver/index.html", "built_parking");

async function bundle(entry, document, folder) {
  const target = new URL(`../${folder}/`, import.meta.url);
  const staging = new URL(`../${folder}.new/`, import.meta.url);
  const found = await build({
    entryPoints: { page: entry },
    bundle: true,
    minify: !process.argv.includes("--plain"),
    write: false,
    outdir: "unused",
    target: "es2022",
    jsx: "automatic",
    jsxImportSource: "preact",
    loader: { ".png": "empty" },
    legalComments: "none",
    logLevel: "warning",
  });
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging);
  const names = {};
  for (const file of found.outputFiles) {
    const kind = file.path.endsWith(".css") ? "css" : "js";
    const name = `page-${createHash("sha256").update(file.contents).digest("hex").slice(0, 16)}.${kind}`;
    const packed = gzipSync(file.contents, { level: 9 });
    names[kind] = name;
    await writeFile(new URL(name, staging), file.contents);
    await writeFile(new URL(`${name}.gz`, staging), packed);
    console.log(`${folder}/${name}: ${file.contents.length} bytes, ${packed.length} compressed`);
    if (kind === "js" && packed.length > MOST_SCRIPT_BYTES) throw new Error(`the script has more than ${MOST_SCRIPT_BYTES} bytes`);
  }
  await copyFile("src/icon.svg", new URL("icon.svg", staging));
  const frame = await readFile(document, "utf8");
  await writeFile(new URL("index.html", staging), frame.replace("SCRIPT", names.js).replace("STYLE", names.css));
  await rm(target, { recursive: true, force: true });
  await rename(staging, target);
}
