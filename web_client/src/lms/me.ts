/** Who is logged in. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { answer, api, GUARD, isRefusal } from "./client";
import type { components } from "./generated/schema";
import type { Me } from "./types";

export const ME = ["me"] as const;

async function fetchMe(): Promise<Me | null> {
  try {
    return await answer(api.GET("/me"));
  } catch (error) {
    if (isRefusal(error, 401)) return null;
    throw error;
  }
}

/** null = nobody is logged in. */
export function useMe() {
  return useQuery({ queryKey: ME, queryFn: fetchMe, staleTime: 60_000 });
}

export function useLogin() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: components["schemas"]["Credentials"]) =>
      answer(api.POST("/auth/login", { params: { header: GUARD }, body })),
    onSuccess: (me) => client.setQueryData(ME, me),
  });
}

export function useSetup() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: components["schemas"]["Setup"]) => answer(api.POST("/auth/setup", { params: { header: GUARD }, body })),
    onSuccess: (me) => client.setQueryData(ME, me),
  });
}

export function useLogout() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => answer(api.POST("/auth/logout", { params: { header: GUARD } })),
    onSettled: () => {
      client.clear();
      client.setQueryData(ME, null);
    },
  });
}

export function saveLocale(locale: "vi" | "en"): Promise<Me> {
  return answer(api.PATCH("/me", { params: { header: GUARD }, body: { locale } }));
}
