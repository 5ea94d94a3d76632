/** Files of an archive: playlists as text, media as bytes. Every failure is an ApiError, an abort stays an abort. */
import { errorFrom, unreachable } from "./errors";

async function get(url: string, signal: AbortSignal): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { credentials: "same-origin", signal });
  } catch (error) {
    if (signal.aborted) throw error;
    throw unreachable();
  }
  if (!response.ok) throw errorFrom(response.status, null);
  return response;
}

export async function fetchText(url: string, signal: AbortSignal): Promise<string> {
  return await (await get(url, signal)).text();
}

export async function fetchBytes(url: string, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await (await get(url, signal)).arrayBuffer());
}
