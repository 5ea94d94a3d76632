/** The kit with our theme, its dialogs and its notices. */
import { MantineProvider } from "@mantine/core";
import { ModalsProvider } from "@mantine/modals";
import { Notifications } from "@mantine/notifications";
import type { ReactNode } from "react";
import { readableVariables, theme } from "./theme";

export function KitProvider({ children }: { children: ReactNode }) {
  return (
    <MantineProvider cssVariablesResolver={readableVariables} forceColorScheme="light" theme={theme}>
      <ModalsProvider>
        {children}
        <Notifications position="bottom-center" />
      </ModalsProvider>
    </MantineProvider>
  );
}
