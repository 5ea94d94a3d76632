/** What the server says when it refuses, in both languages, with a stable code. */

export interface ErrorBody {
  code: string;
  message_vi: string;
  message_en: string;
  fields?: Record<string, unknown>;
}

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly body: ErrorBody,
  ) {
    super(body.code);
    this.name = "ApiError";
  }

  get code(): string {
    return this.body.code;
  }

  in(locale: "vi" | "en"): string {
    return locale === "en" ? this.body.message_en : this.body.message_vi;
  }
}

const UNREACHABLE: ErrorBody = {
  code: "unreachable",
  message_vi: "Không liên lạc được với máy chủ. Hãy kiểm tra đường truyền rồi thử lại.",
  message_en: "The server cannot be reached. Check your connection and try again.",
};

const UNREADABLE: ErrorBody = {
  code: "unexpected_answer",
  message_vi: "Máy chủ gặp sự cố. Hãy thử lại sau ít phút.",
  message_en: "The server has a problem. Try again in a few minutes.",
};

export function unreachable(): ApiError {
  return new ApiError(0, UNREACHABLE);
}

export function errorFrom(status: number, answer: unknown): ApiError {
  const body = (answer as { error?: Partial<ErrorBody> } | null)?.error;
  if (body?.code && body.message_vi && body.message_en) return new ApiError(status, body as ErrorBody);
  return new ApiError(status, UNREADABLE);
}

/** Any thrown thing as something to show. */
export function asApiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError(0, UNREADABLE);
}
