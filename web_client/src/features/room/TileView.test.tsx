import { i18n } from "@lingui/core";
import { I18nProvider } from "@lingui/react";
import { cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { MediaSource, PersonView } from "@/livekit/room.view";
import { TileView } from "./TileView";
import { tilesOf } from "./tiles";

function person(rest: Partial<PersonView> = {}): PersonView {
  const off = { isSpeaking: false, isMicrophoneOn: false, isCameraOn: false, isScreenOn: false };
  const who = { sid: "PA_hoa", identity: "hoa1", name: "Nguyễn Thị Hoa", isLocal: false };
  return { ...who, ...off, camera: null, screen: null, quality: "good", lastSpokeAt: 0, joinedAt: 0, ...rest };
}

function source(): MediaSource {
  return { id: "TR_1", attach: vi.fn(), detach: vi.fn() };
}

function show(who: PersonView, onPin = vi.fn()) {
  const tiles = tilesOf([who]);
  const view = (
    <I18nProvider i18n={i18n}>
      {tiles.map((tile) => (
        <TileView isPinned={false} key={tile.id} onPin={onPin} tile={tile} />
      ))}
    </I18nProvider>
  );
  return render(view);
}

afterEach(cleanup);

describe("a tile", () => {
  it("names the person and says that the microphone is off", () => {
    show(person());
    expect(screen.getByRole("region", { name: "Nguyễn Thị Hoa" }).dataset.microphone).toBe("off");
    expect(screen.getAllByText("Micro tắt").length).toBeGreaterThan(0);
  });

  it("attaches a picture while it is shown and lets it go afterwards", () => {
    const camera = source();
    const shown = show(person({ camera, isCameraOn: true }));
    const video = document.querySelector("video");
    expect(camera.attach).toHaveBeenCalledWith(video);
    shown.unmount();
    expect(camera.detach).toHaveBeenCalledWith(video);
  });

  it("mirrors oneself, never others and never a screen", () => {
    show(person({ isLocal: true, camera: source(), screen: source() }));
    const [camera, shared] = [...document.querySelectorAll("video")];
    expect(camera?.style.transform).toBe("scaleX(-1)");
    expect(shared?.style.transform).toBe("");
  });

  it("makes a tile of its own for a shared screen", () => {
    show(person({ screen: source(), isScreenOn: true }));
    expect(screen.getByRole("region", { name: "Màn hình của Nguyễn Thị Hoa" }).dataset.kind).toBe("screen");
  });

  it("is pinned by its button", async () => {
    const onPin = vi.fn();
    show(person(), onPin);
    await userEvent.setup().click(screen.getByRole("button", { name: "Ghim Nguyễn Thị Hoa" }));
    expect(onPin).toHaveBeenCalledWith("PA_hoa/camera");
  });
});
