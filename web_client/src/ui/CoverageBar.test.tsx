import { i18n } from "@lingui/core";
import { I18nProvider } from "@lingui/react";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { CoverageBar } from "./CoverageBar";

const spans = { durationS: 180, live: [[0, 60] as const], replay: [[60, 75] as const], missing: [[75, 180] as const] };

const show = (element: React.ReactElement) => render(<I18nProvider i18n={i18n}>{element}</I18nProvider>);

afterEach(cleanup);

describe("CoverageBar", () => {
  it("says in words what it shows in patterns", () => {
    show(<CoverageBar {...spans} />);
    expect(screen.getByRole("img").getAttribute("aria-label")).toBe("Trực tiếp 1:00, xem lại 0:15, còn thiếu 1:45");
  });

  it("explains its patterns when asked to", () => {
    show(<CoverageBar {...spans} hasLegend />);
    expect(screen.getAllByRole("listitem").map((entry) => entry.textContent)).toEqual([
      "Trực tiếp 1:00",
      "Xem lại 0:15",
      "Còn thiếu 1:45",
    ]);
  });

  it("turns a point on it into a second of the session", () => {
    const onSeek = vi.fn();
    show(<CoverageBar {...spans} onSeek={onSeek} />);
    const bar = screen.getByRole("img");
    bar.getBoundingClientRect = () => ({ left: 100, width: 200 }) as DOMRect;
    fireEvent.click(bar, { clientX: 200 });
    expect(onSeek).toHaveBeenCalledWith(90);
  });
});
