/** What a page shows while its data is coming, refused, or there. */
import { useLingui } from "@lingui/react/macro";
import type { ReactNode } from "react";
import { ErrorState, Loading } from "./states";

interface Failure {
  status?: number;
  code?: string;
  in?: (locale: "vi" | "en") => string;
}

interface Query<T> {
  data: T | undefined;
  isPending: boolean;
  isError: boolean;
  error: unknown;
  refetch: () => unknown;
}

interface Props<T> {
  query: Query<T>;
  lines?: number;
  children: (data: T) => ReactNode;
}

/** Data once read stays in view when a later look fails: the page does not fall apart with the line. */
export function Fetched<T>({ query, lines, children }: Props<T>) {
  if (query.data !== undefined) return children(query.data);
  if (query.isError) return <Failed error={query.error} onRetry={() => query.refetch()} />;
  return <Loading lines={lines} />;
}

export function Failed({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { i18n, t } = useLingui();
  const failure = error as Failure;
  const message = failure.in?.(i18n.locale === "en" ? "en" : "vi") ?? t`Có lỗi xảy ra. Hãy thử lại.`;
  return <ErrorState code={failure.code} message={message} onRetry={onRetry} />;
}
