/** The sole caller of fetch: same-origin JSON, the anti-forgery header on everything that changes, every failure an ApiError. */
import { errorFrom, unreachable } from "./errors";

const ROOT = "/api/v1";

type Method = "GET" | "POST" | "PATCH" | "PUT" | "DELETE";

export interface Call {
  method?: Method;
  query?: Record<string, string | number | undefined>;
  json?: unknown;
  csv?: string | Blob;
  signal?: AbortSignal;
  /** Lets the request outlive the page, for the last report of a player. */
  isLast?: boolean;
}

export function apiUrl(path: string, query: Call["query"] = {}): string {
  const pairs = Object.entries(query).filter(
    (pair): pair is [string, string | number] => pair[1] !== undefined && pair[1] !== "",
  );
  const search = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString();
  return `${ROOT}${path}${search ? `?${search}` : ""}`;
}

function requestInit(call: Call): RequestInit {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (call.method && call.method !== "GET") headers["X-Lophop"] = "1";
  if (call.json !== undefined) headers["Content-Type"] = "application/json";
  if (call.csv !== undefined) headers["Content-Type"] = "text/csv; charset=utf-8";
  return {
    method: call.method ?? "GET",
    headers,
    body: call.json !== undefined ? JSON.stringify(call.json) : call.csv,
    credentials: "same-origin",
    signal: call.signal,
    keepalive: call.isLast,
  };
}

export async function request<T>(path: string, call: Call = {}): Promise<T> {
  let response: Response;
  try {
    response = await fetch(apiUrl(path, call.query), requestInit(call));
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw unreachable();
  }
  const text = await response.text();
  const answer = parse(text);
  if (!response.ok) throw errorFrom(response.status, answer);
  return answer as T;
}

function parse(text: string): unknown {
  if (text === "") return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
