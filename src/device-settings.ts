import { z } from "zod";

/** What boards say when somebody calls them. */
const WAKE_WORDS = ["你好小智", "小智", "Hi ESP", "Hi Lexin", "Alexa", "Jarvis"];

/** Of XiaoZhi-compatible boards. */
export const devicesSchema = z.strictObject({
  /** Where boards reach this server, as `http://` or `https://`; by default where they asked. */
  address: z.url({ protocol: /^https?$/ }).optional(),
  /** What a board heard that is a call and no question. */
  wakeWords: z.array(z.string().min(1).max(64)).max(100).default(WAKE_WORDS),
  /** Holds what is kept about boards; by default `devices` in the folder of `ANTIPHON_HOME`. */
  folder: z.string().min(1).optional(),
});
