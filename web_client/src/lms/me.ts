/** Who is logged in. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ApiError } from "./errors";
import { request } from "./http";
import type { Me } from "./types";

export const ME = ["me"] as const;

export interface Credentials {
  login: string;
  password: string;
}

export interface Setup extends Credentials {
  token: string;
  name: string;
}

async function fetchMe(): Promise<Me | null> {
  try {
    return await request<Me>("/me");
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null;
    throw error;
  }
}

/** null = nobody is logged in. */
export function useMe() {
  return useQuery({ queryKey: ME, queryFn: fetchMe, staleTime: 60_000 });
}

function useEntry<T>(path: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: T) => request<Me>(path, { method: "POST", json: body }),
    onSuccess: (me) => client.setQueryData(ME, me),
  });
}

export function useLogin() {
  return useEntry<Credentials>("/auth/login");
}

export function useSetup() {
  return useEntry<Setup>("/auth/setup");
}

export function useLogout() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => request("/auth/logout", { method: "POST", json: {} }),
    onSettled: () => {
      client.clear();
      client.setQueryData(ME, null);
    },
  });
}

export function saveLocale(locale: "vi" | "en"): Promise<Me> {
  return request<Me>("/me", { method: "PATCH", json: { locale } });
}
