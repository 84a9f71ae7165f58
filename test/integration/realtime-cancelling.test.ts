import { beforeEach, describe, expect, test } from "vitest";

import type { VoiceServer } from "../../src/server/app.ts";
import { PHRASES } from "../support/fake-models.ts";
import { RealtimeClient, responseOf as response } from "../support/realtime-client.ts";
import { startRealtimeServer } from "../support/realtime-server.ts";

let server: VoiceServer;

beforeEach(async () => {
  ({ server } = await startRealtimeServer());
});

describe("a response", () => {
  test("can be cancelled and asked for anew in one breath, whether anything of it was said or not", async () => {
    const client = await RealtimeClient.connect(server.url);
    client.write(PHRASES[440]);
    for (const isSaid of [true, false]) {
      const before = client.all("response.done").length;
      client.send("response.create");
      if (isSaid) await client.next("response.output_audio.delta");
      client.send("response.cancel");
      client.send("response.create");
      const statuses = [
        response(await client.nth("response.done", before)).status,
        response(await client.nth("response.done", before + 1)).status,
      ];
      expect(statuses).toEqual(["cancelled", "completed"]);
    }
    expect(client.all("error")).toEqual([]);
  });

  test("that is asked for behind a cancel can be cancelled by the next one in the same breath", async () => {
    const client = await RealtimeClient.connect(server.url);
    client.write(PHRASES[440]);
    client.send("response.create");
    await client.next("response.output_audio.delta");
    client.send("response.cancel");
    client.send("response.create");
    client.send("response.cancel");
    await client.nth("response.done", 1);
    expect(client.all("response.done").map((event) => response(event).status)).toEqual([
      "cancelled",
      "cancelled",
    ]);
    expect(client.all("error")).toEqual([]);
  });

  test("can be cancelled, once, and by its own id only", async () => {
    const client = await RealtimeClient.connect(server.url);
    client.send("response.cancel");
    expect((await client.next("error"))["error"]).toMatchObject({ code: "response_cancel_not_active" });
    client.write(PHRASES[440]);
    client.send("response.create");
    const { id } = response(await client.next("response.created")) as unknown as { id: string };
    client.send("response.create");
    await client.next("error", ({ error }) => JSON.stringify(error).includes("already_has_active_response"));
    await client.nth("response.output_audio.delta", 5);
    client.send("response.cancel", { response_id: id });
    expect(response(await client.next("response.done"))).toMatchObject({
      status: "cancelled",
      status_details: { reason: "client_cancelled" },
    });
    const before = client.received.indexOf(client.all("response.done")[0]!);
    client.send("conversation.item.retrieve", { item_id: "none" });
    await client.next("error", ({ error }) => JSON.stringify(error).includes("item_not_found"));
    expect(client.received.slice(before).some(({ type }) => type.startsWith("response.output"))).toBe(false);
  });
});
