import { i18n } from "@lingui/core";
import { I18nProvider } from "@lingui/react";
import { cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { DeviceProblem } from "@/livekit/devices";
import { KitProvider } from "@/ui/KitProvider";
import { ProblemNote } from "./ProblemNote";
import type { Preview } from "./usePreview";

const fine: Preview = { state: { kind: "off" }, retry: vi.fn() };

function broken(problem: DeviceProblem): Preview {
  return { state: { kind: "problem", problem }, retry: vi.fn() };
}

function show(camera: Preview, microphone: Preview) {
  return render(
    <I18nProvider i18n={i18n}>
      <KitProvider>
        <ProblemNote camera={camera} microphone={microphone} />
      </KitProvider>
    </I18nProvider>,
  );
}

afterEach(cleanup);

describe("why a device is missing", () => {
  it("says nothing when all is well", () => {
    show(fine, fine);
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("tells one cause of both devices once, and that one may enter to listen", () => {
    show(broken("denied"), broken("denied"));
    const text = screen.getByRole("alert").textContent ?? "";
    expect(text.match(/chưa được phép/g)).toHaveLength(1);
    expect(text).toContain("vào để nghe");
  });

  it("tells different causes apart", () => {
    show(broken("missing"), broken("busy"));
    const text = screen.getByRole("alert").textContent ?? "";
    expect(text).toContain("Không tìm thấy camera");
    expect(text).toContain("đang dùng micro");
  });

  it("tries only the broken device again", async () => {
    const microphone = broken("busy");
    const camera: Preview = { state: { kind: "off" }, retry: vi.fn() };
    show(camera, microphone);
    await userEvent.setup().click(screen.getByRole("button", { name: "Thử lại" }));
    expect(microphone.retry).toHaveBeenCalledOnce();
    expect(camera.retry).not.toHaveBeenCalled();
  });
});
