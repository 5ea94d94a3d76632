/** The sole caller of fetch: same-origin JSON typed by the server's own OpenAPI document, every failure an ApiError. */
import createClient from "openapi-fetch";
import { ApiError, errorFrom, unreachable } from "./errors";
import type { paths } from "./generated/schema";

const ROOT = "/api/v1";

export const api = createClient<paths>({ baseUrl: ROOT, credentials: "same-origin" });

/** Goes with everything that changes something: a foreign page cannot set it. */
export const GUARD = { "X-Lophop": "1" } as const;

interface Outcome<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** openapi-fetch widens the document's pairs to arrays of any length; this takes them back to [start, end) pairs. */
type WithPairs<T> = T extends number[][]
  ? [number, number][]
  : T extends (infer Item)[]
    ? WithPairs<Item>[]
    : T extends object
      ? { [Key in keyof T]: WithPairs<T[Key]> }
      : T;

/** The data of a call, or an ApiError. */
export async function answer<T>(call: Promise<Outcome<T>>): Promise<WithPairs<T>> {
  let outcome: Outcome<T>;
  try {
    outcome = await call;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw unreachable();
  }
  if (!outcome.response.ok) throw errorFrom(outcome.response.status, outcome.error);
  return outcome.data as WithPairs<T>;
}

/** The address of something the browser fetches by itself: a download, a picture. */
export function downloadUrl(path: `/${string}`): string {
  return ROOT + path;
}

export function isRefusal(error: unknown, status: number): boolean {
  return error instanceof ApiError && error.status === status;
}
