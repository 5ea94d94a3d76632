// Fails when a text in the source is missing from the catalogues, or English lacks a translation.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";

const catalogues = ["vi", "en"].flatMap((locale) => ["shell", "live"].map((name) => `src/i18n/locales/${locale}/${name}.po`));
const read = () => catalogues.map((path) => readFileSync(path, "utf8"));
const withoutDate = (text) => text.replace(/^"POT-Creation-Date:.*\n/m, "");

const before = read();
execFileSync("node_modules/.bin/lingui", ["extract", "--clean"], { stdio: "pipe" });
const after = read();
catalogues.forEach((path, index) => {
  writeFileSync(path, before[index]);
});

const problems = [];
catalogues.forEach((path, index) => {
  if (withoutDate(before[index]) !== withoutDate(after[index])) {
    problems.push(`${path}: out of date, run "npm run i18n:extract"`);
  }
  const entries = after[index].split("\n\n").slice(1);
  for (const entry of entries) {
    if (/^msgstr ""$(?!\n")/m.test(entry)) {
      problems.push(`${path}: no translation of ${entry.match(/^msgid .*$/m)?.[0] ?? entry}`);
    }
  }
});

if (problems.length > 0) {
  process.stderr.write(`${problems.join("\n")}\n`);
  process.exit(1);
}
