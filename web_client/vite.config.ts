import { fileURLToPath } from "node:url";
import { lingui } from "@lingui/vite-plugin";
import babel, { defineRolldownBabelPreset } from "@rolldown/plugin-babel";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const program = "http://127.0.0.1:7880";

// Only files that use the message macros pay for Babel; everything else is compiled by Rolldown itself.
const messageMacros = defineRolldownBabelPreset({
  preset: () => ({ plugins: ["@lingui/babel-plugin-lingui-macro"] }),
  rolldown: { filter: { code: /@lingui\/(core|react)\/macro/ } },
});

export default defineConfig({
  plugins: [react(), lingui(), babel({ presets: [messageMacros] })],
  resolve: {
    alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) },
    // one copy each, even where node_modules is a link
    dedupe: ["react", "react-dom", "@lingui/core", "@lingui/react"],
    preserveSymlinks: true,
  },
  build: { target: "es2022", reportCompressedSize: false, chunkSizeWarningLimit: 1500, manifest: true },
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
