/** Unit tests speak the source language without a catalogue. */
import { i18n } from "@lingui/core";

i18n.loadAndActivate({ locale: "vi", messages: {} });
