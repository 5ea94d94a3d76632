// Size gate over dist: what the browser must fetch before the first page shows, gzipped.
import { readFileSync } from "node:fs";
import process from "node:process";
import { gzipSync } from "node:zlib";

const limits = { js: 190, css: 24 };
const manifest = JSON.parse(readFileSync("dist/.vite/manifest.json", "utf8"));
const weigh = (file) => gzipSync(readFileSync(`dist/${file}`), { level: 9 }).length / 1024;

const visit = (key, seen) => {
  if (seen.has(key)) return seen;
  seen.add(key);
  for (const next of manifest[key].imports ?? []) visit(next, seen);
  return seen;
};
const first = visit("index.html", new Set());
// The first route and the Vietnamese texts are fetched before anything is painted.
for (const key of Object.keys(manifest)) {
  if (/features\/today\/index\.ts$|locales\/vi\/shell\.po/.test(key)) visit(key, first);
}

const files = { js: new Set(), css: new Set() };
for (const key of first) {
  files.js.add(manifest[key].file);
  for (const css of manifest[key].css ?? []) files.css.add(css);
}

let failed = false;
for (const kind of ["js", "css"]) {
  const total = [...files[kind]].reduce((sum, file) => sum + weigh(file), 0);
  process.stdout.write(`first load ${kind}: ${total.toFixed(1)} kB gz of ${limits[kind]} (${files[kind].size} files)\n`);
  failed ||= total > limits[kind];
}
process.exit(failed ? 1 : 0);
