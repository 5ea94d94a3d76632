import { formatter } from "@lingui/format-po";

const live = ["src/features/prejoin", "src/features/room", "src/features/replay", "src/livekit"];

export default {
  locales: ["vi", "en"],
  sourceLocale: "vi",
  format: formatter({ lineNumbers: false, origins: false }),
  orderBy: "message",
  catalogs: [
    // Two catalogues, so that the first page does not pay for the texts of the room and the player.
    {
      path: "src/i18n/locales/{locale}/shell",
      include: ["src"],
      exclude: [...live.map((folder) => `${folder}/**`), "src/**/*.test.*"],
    },
    { path: "src/i18n/locales/{locale}/live", include: live, exclude: ["src/**/*.test.*"] },
  ],
};
