import { i18n } from "@lingui/core";
import { I18nProvider } from "@lingui/react";
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Fetched } from "./Fetched";
import { KitProvider } from "./KitProvider";

const nothing = { data: undefined, isPending: false, isError: false, error: null, refetch: vi.fn() };
const refusal = {
  code: "forbidden",
  in: (locale: "vi" | "en") => ({ vi: "Bạn không được xem.", en: "You may not see this." })[locale],
};

const show = (query: Parameters<typeof Fetched<string>>[0]["query"]) =>
  render(
    <I18nProvider i18n={i18n}>
      <KitProvider>
        <Fetched query={query}>{(text) => <p>{text}</p>}</Fetched>
      </KitProvider>
    </I18nProvider>,
  );

afterEach(cleanup);

describe("Fetched", () => {
  it("says that something is coming", () => {
    show({ ...nothing, isPending: true });
    expect(screen.getByRole("status").textContent).toContain("Đang tải");
  });

  it("shows the server's reason, its code, and a way to try again", () => {
    const refetch = vi.fn();
    show({ ...nothing, isError: true, error: refusal, refetch });
    expect(screen.getByRole("alert").textContent).toContain("Bạn không được xem.");
    expect(screen.getByRole("alert").textContent).toContain("forbidden");
    screen.getByRole("button", { name: "Thử lại" }).click();
    expect(refetch).toHaveBeenCalledOnce();
  });

  it("keeps what was read when a later look fails", () => {
    show({ ...nothing, data: "đã đọc", isError: true, error: refusal });
    expect(screen.getByText("đã đọc")).toBeTruthy();
    expect(screen.queryByRole("alert")).toBeNull();
  });
});
