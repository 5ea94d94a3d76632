/** How often server data is asked for again: refusals at once, lost connections twice more; a lost login empties the page. */
import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { ApiError } from "@/lms/errors";
import { ME } from "@/lms/me";

const RETRIES = 2;

export function createQueryClient(): QueryClient {
  const noticeLostLogin = (error: unknown) => {
    if (error instanceof ApiError && error.status === 401) client.setQueryData(ME, null);
  };
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({ onError: noticeLostLogin }),
    mutationCache: new MutationCache({ onError: noticeLostLogin }),
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        retry: (failures, error) =>
          failures < RETRIES && !(error instanceof ApiError && error.status >= 400 && error.status < 500),
      },
    },
  });
  return client;
}
