/** Providers around the routes. */
import { i18n } from "@lingui/core";
import { I18nProvider } from "@lingui/react";
import { QueryClientProvider } from "@tanstack/react-query";
import { useState } from "react";
import { BrowserRouter } from "react-router";
import { KitProvider } from "@/ui/KitProvider";
import { createQueryClient } from "./queryClient";
import { AppRoutes } from "./routes";

export function App() {
  const [client] = useState(createQueryClient);
  return (
    <I18nProvider i18n={i18n}>
      <QueryClientProvider client={client}>
        <KitProvider>
          <BrowserRouter>
            <AppRoutes />
          </BrowserRouter>
        </KitProvider>
      </QueryClientProvider>
    </I18nProvider>
  );
}
