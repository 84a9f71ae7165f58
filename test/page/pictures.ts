import type { Page } from "playwright-core";

import { isPictureFrame } from "../../src/server/frames.ts";

/** Somebody drops a file on the page. */
export async function dropPicture(page: Page, bytes: readonly number[], type = "image/jpeg"): Promise<void> {
  await page.evaluate(
    ([content, kind]) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([new Uint8Array(content)], "dropped", { type: kind }));
      for (const name of ["dragover", "drop"])
        document.body.dispatchEvent(new DragEvent(name, { dataTransfer, bubbles: true, cancelable: true }));
    },
    [[...bytes], type] as const,
  );
}

/** In which order pictures and typed questions go out, from now on. */
export function pictureFrames(page: Page): () => string[] {
  const sent: string[] = [];
  page.on("websocket", (socket) => {
    socket.on("framesent", ({ payload }) => {
      if (typeof payload !== "string" && isPictureFrame(payload)) sent.push("picture");
      if (typeof payload === "string" && payload.startsWith('{"type":"text"')) sent.push("text");
    });
  });
  return () => sent;
}
