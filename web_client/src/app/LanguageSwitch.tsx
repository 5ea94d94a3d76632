/** Vietnamese or English, kept on this device and in the account. */
import { useLingui } from "@lingui/react/macro";
import { useQueryClient } from "@tanstack/react-query";
import { activateLocale, type Locale, noteChosenLocale } from "@/i18n/i18n";
import { ME, saveLocale } from "@/lms/me";
import type { Me } from "@/lms/types";
import classes from "./LanguageSwitch.module.css";

/** Each in its own tongue, whatever is spoken now. */
const NAMES: Record<Locale, string> = { vi: "Tiếng Việt", en: "English" };

export function LanguageSwitch() {
  const { i18n, t } = useLingui();
  const client = useQueryClient();
  const choose = async (locale: Locale) => {
    await activateLocale(locale);
    if (client.getQueryData<Me | null>(ME)) client.setQueryData(ME, await saveLocale(locale));
    else noteChosenLocale(locale);
  };
  return (
    <fieldset aria-label={t`Ngôn ngữ`} className={classes.group}>
      {(["vi", "en"] as const).map((locale) => (
        <button
          aria-label={`${locale.toUpperCase()}, ${NAMES[locale]}`}
          aria-pressed={i18n.locale === locale}
          className={classes.choice}
          key={locale}
          lang={locale}
          onClick={() => choose(locale)}
          type="button"
        >
          {locale.toUpperCase()}
        </button>
      ))}
    </fieldset>
  );
}
