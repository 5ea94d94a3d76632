import { describe, expect, it } from "vitest";
import { answer } from "./client";
import { type ApiError, asApiError } from "./errors";

const outcome = (status: number, body: unknown) =>
  Promise.resolve({ data: body, error: status >= 400 ? body : undefined, response: new Response(null, { status }) });

const failure = async (call: Promise<unknown>): Promise<ApiError> => {
  try {
    await call;
  } catch (error) {
    return error as ApiError;
  }
  throw new Error("it did not fail");
};

describe("answer", () => {
  it("gives the data of a good answer", async () => {
    expect(await answer(outcome(200, { name: "Dũng" }))).toEqual({ name: "Dũng" });
  });

  it("throws the server's own words for a refusal", async () => {
    const body = { error: { code: "session_full", message_vi: "Phòng đã đầy.", message_en: "The room is full." } };
    const error = await failure(answer(outcome(409, body)));
    expect([error.status, error.code, error.in("vi"), error.in("en")]).toEqual([
      409,
      "session_full",
      "Phòng đã đầy.",
      "The room is full.",
    ]);
  });

  it("has words for an answer that is not the program's", async () => {
    expect((await failure(answer(outcome(502, "<html>bad gateway</html>")))).code).toBe("unexpected_answer");
  });

  it("has words for a server that cannot be reached", async () => {
    expect((await failure(answer(Promise.reject(new TypeError("fetch failed"))))).code).toBe("unreachable");
  });
});

describe("asApiError", () => {
  it("makes anything thrown showable", () => {
    expect(asApiError(new Error("x")).in("en")).not.toBe("");
  });
});
