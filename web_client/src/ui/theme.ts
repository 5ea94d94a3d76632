/** The kit's theme: one brand colour with enough contrast everywhere, generous line height for stacked Vietnamese marks. */
import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from "@mantine/core";

const pine: MantineColorsTuple = [
  "#eaf5f5",
  "#d3e8e9",
  "#a6d0d2",
  "#74b6ba",
  "#4a9ea3",
  "#2b868c",
  "#197079",
  "#0f5f68",
  "#0b4f57",
  "#073b42",
];
const amber: MantineColorsTuple = [
  "#fdf5e3",
  "#fae8c2",
  "#f5d591",
  "#f2c267",
  "#f2b84b",
  "#dc9b22",
  "#b67a10",
  "#8f5d09",
  "#6f4806",
  "#4f3304",
];
const brick: MantineColorsTuple = [
  "#fdeeec",
  "#f9d9d5",
  "#f0b1aa",
  "#e5867c",
  "#db6256",
  "#c9473a",
  "#b3372b",
  "#9a2b21",
  "#7c2119",
  "#5c1711",
];

export const theme = createTheme({
  primaryColor: "pine",
  primaryShade: 7,
  colors: { pine, amber, red: brick },
  black: "#17252b",
  defaultRadius: "md",
  fontFamily: "'Be Vietnam Pro', 'Segoe UI', Roboto, 'Noto Sans', 'Helvetica Neue', Arial, sans-serif",
  lineHeights: { xs: "1.5", sm: "1.5", md: "1.55", lg: "1.6", xl: "1.65" },
  headings: { fontWeight: "650" },
  cursorType: "pointer",
  respectReducedMotion: true,
});

/** The kit's grey for hints is too pale on our paper for WCAG AA. */
export const readableVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": "#4a5a5e",
    "--mantine-color-placeholder": "#5d6c6f",
    "--mantine-color-error": "#a82f24",
  },
  dark: {},
});
