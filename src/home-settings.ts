import { z } from "zod";

/** Home Assistant's voice services, on a port of their own; see docs/dialects/wyoming.md. */
export const wyomingSchema = z.strictObject({
  /** Where missing, there is none; 0 takes any free one, Home Assistant's own servers take 10300. */
  port: z.int().min(0).max(65_535).optional(),
  /** By default the server's. The protocol knows no keys: whoever reaches this address may use it. */
  host: z.string().min(1).optional(),
  /** Whether the local network is told, by multicast DNS, where others can reach it. */
  announce: z.boolean().default(true),
  /** What others see it by. */
  name: z.string().min(1).max(63).default("Antiphon"),
});

/** What a home is told by MQTT; see docs/dialects/mqtt.md. */
export const mqttSchema = z.strictObject({
  /** The broker's; where missing, none is told. */
  url: z.url({ protocol: /^(mqtts?|wss?)$/ }).optional(),
  username: z.string().min(1).optional(),
  password: z.string().min(1).optional(),
  /** Names this server among others of a home. */
  id: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/u, "may have letters, digits, - and _")
    .default("antiphon"),
  name: z.string().min(1).max(63).default("Antiphon"),
  /** Topics under which Home Assistant looks for devices. */
  discoveryPrefix: z
    .string()
    .regex(/^[^#+\s]{1,64}$/u, "is a topic without # and +")
    .default("homeassistant"),
  /** Whether what is said is told, too: it is private. */
  transcripts: z.boolean().default(false),
});
