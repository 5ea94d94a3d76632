/** Which language the client speaks, and the texts of it. Vietnamese is the source and the default; each catalogue is its own chunk. */
import { i18n, type Messages } from "@lingui/core";

export type Locale = "vi" | "en";
export type Catalogue = "shell" | "live";

const STORAGE_KEY = "lophop.locale";
const loaders: Record<`${Locale}/${Catalogue}`, () => Promise<{ messages: Messages }>> = {
  "vi/shell": () => import("./locales/vi/shell.po"),
  "en/shell": () => import("./locales/en/shell.po"),
  "vi/live": () => import("./locales/vi/live.po"),
  "en/live": () => import("./locales/en/live.po"),
};
const wanted = new Set<Catalogue>(["shell"]);

export function isLocale(value: unknown): value is Locale {
  return value === "vi" || value === "en";
}

export function storedLocale(): Locale | null {
  const value = window.localStorage.getItem(STORAGE_KEY);
  return isLocale(value) ? value : null;
}

let chosen: Locale | null = null;

/** What somebody who has not logged in yet has asked for: their account is to learn it. */
export function chosenLocale(): Locale | null {
  return chosen;
}

export function noteChosenLocale(locale: Locale | null): void {
  chosen = locale;
}

export function currentLocale(): Locale {
  return i18n.locale === "en" ? "en" : "vi";
}

async function loadCatalogues(locale: Locale): Promise<Messages> {
  const parts = await Promise.all([...wanted].map((name) => loaders[`${locale}/${name}`]()));
  return Object.assign({}, ...parts.map((part) => part.messages));
}

export async function activateLocale(locale: Locale): Promise<void> {
  const messages = await loadCatalogues(locale);
  i18n.loadAndActivate({ locale, messages });
  document.documentElement.lang = locale;
  window.localStorage.setItem(STORAGE_KEY, locale);
}

/** Brings one more catalogue in, for the language spoken now and for later changes of it. */
export async function wantCatalogue(name: Catalogue): Promise<void> {
  if (wanted.has(name)) return;
  wanted.add(name);
  await activateLocale(currentLocale());
}
