import type { Dialect } from "./dialect.ts";
import { openaiHttp } from "./openai-http/index.ts";
import { realtime } from "./realtime/index.ts";
import { wyoming } from "./wyoming/index.ts";
import { xiaozhi } from "./xiaozhi/index.ts";

/** All that this server speaks besides its own protocol. */
export const DIALECTS: readonly Dialect[] = [openaiHttp, realtime, wyoming, xiaozhi];
