import { expect, test } from "vitest";

import { loadConfig } from "../../../src/config.ts";
import { discoveryPayload, topicsOf } from "../../../src/mqtt/discovery.ts";

const settings = (mqtt: object) => loadConfig({ overrides: { mqtt }, environment: {} }).mqtt;

interface Payload {
  readonly dev: { readonly ids: readonly string[] };
  readonly availability_topic: string;
  readonly cmps: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

test("every component of the device has a platform, a name of its own and a topic of this server", () => {
  const { dev, cmps, availability_topic } = discoveryPayload(
    settings({ id: "kitchen", transcripts: true }),
  ) as Payload;
  expect(dev.ids).toEqual(["antiphon_kitchen"]);
  expect(availability_topic).toBe("antiphon/kitchen/availability");
  const components = Object.values(cmps);
  expect(new Set(components.map((component) => component["unique_id"])).size).toBe(components.length);
  expect(new Set(components.map((component) => component["name"])).size).toBe(components.length);
  for (const component of components) {
    expect(["sensor", "switch"]).toContain(component["p"]);
    expect(component["state_topic"]).toMatch(/^antiphon\/kitchen\//u);
  }
});

test("without the user's word there is no transcript, and one of before is taken away", () => {
  const { cmps } = discoveryPayload(settings({})) as Payload;
  expect(cmps["transcript"]).toEqual({ p: "sensor" });
});

test("two servers of a home share no topic but the home's own", () => {
  const [one, other] = [topicsOf(settings({ id: "a" })), topicsOf(settings({ id: "b" }))];
  const shared = Object.values(one).filter((topic) => Object.values(other).includes(topic));
  expect(shared).toEqual(["homeassistant/status"]);
});

test.each([{ id: "a/b" }, { id: "#" }, { discoveryPrefix: "home/#" }, { url: "http://broker" }])(
  "%j is refused when the program starts",
  (mqtt) => {
    expect(() => settings(mqtt)).toThrow("mqtt");
  },
);
