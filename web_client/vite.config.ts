import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { lingui } from "@lingui/vite-plugin";
import babel, { defineRolldownBabelPreset } from "@rolldown/plugin-babel";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const program = "http://127.0.0.1:7880";

// Only files that use the message macros pay for Babel; everything else is compiled by Rolldown itself.
const messageMacros = defineRolldownBabelPreset({
  preset: () => ({ plugins: ["@lingui/babel-plugin-lingui-macro"] }),
  rolldown: { filter: { code: /@lingui\/(core|react)\/macro/ } },
});

const WORTH_COMPRESSING = 1024;

/** Beside each text file its compressed twins, so that the server compresses nothing while people wait. */
function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    // once everything is written: the bundle is still being changed before
    writeBundle({ dir = "dist" }, bundle) {
      for (const fileName of Object.keys(bundle)) {
        const path = join(dir, fileName);
        if (!/\.(js|css|svg)$/.test(fileName) || statSync(path).size < WORTH_COMPRESSING) continue;
        const content = readFileSync(path);
        const params = { [constants.BROTLI_PARAM_QUALITY]: 9 };
        writeFileSync(`${path}.br`, brotliCompressSync(content, { params }));
        writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  plugins: [react(), lingui(), babel({ presets: [messageMacros] }), compressed()],
  resolve: {
    alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) },
    // one copy each, even where node_modules is a link
    dedupe: ["react", "react-dom", "@lingui/core", "@lingui/react"],
    preserveSymlinks: true,
  },
  build: {
    target: "es2022",
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1500,
    manifest: true,
    // which plugin takes how long is of interest to nobody who sets the program up
    rolldownOptions: { checks: { pluginTimings: false } },
  },
  server: {
    proxy: {
      "/api": program,
      "/rtc": { target: program, ws: true },
    },
  },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/i18n/testSetup.ts"],
  },
});
