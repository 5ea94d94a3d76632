/** Starts the client: the language first, then the page. */
import "@/ui/kit.css";
import "@/ui/tokens.css";
import { createRoot } from "react-dom/client";
import { App } from "@/app/App";
import { activateLocale, storedLocale } from "@/i18n/i18n";

const root = document.getElementById("root");
if (root) {
  activateLocale(storedLocale() ?? "vi").then(() => createRoot(root).render(<App />));
}
