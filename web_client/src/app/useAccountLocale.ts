/** The account's language is spoken, unless another one was chosen just before login: then the account learns that one. */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { activateLocale, chosenLocale, currentLocale, isLocale, noteChosenLocale } from "@/i18n/i18n";
import { ME, saveLocale } from "@/lms/me";

export function useAccountLocale(locale: string | undefined): void {
  const client = useQueryClient();
  useEffect(() => {
    if (!isLocale(locale)) return;
    const chosen = chosenLocale();
    if (chosen !== null && chosen !== locale) {
      saveLocale(chosen)
        .then((me) => client.setQueryData(ME, me))
        // it is spoken all the same until the page is loaded again
        .catch(() => undefined)
        .finally(() => noteChosenLocale(null));
      return;
    }
    noteChosenLocale(null);
    // what the account says wins over what this device remembers
    if (locale !== currentLocale()) activateLocale(locale);
  }, [client, locale]);
}
