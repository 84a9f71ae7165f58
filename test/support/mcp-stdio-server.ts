/** A house that talks over stdin and stdout. */
import { StdioServerTransport } from "@modelcontextprotocol/server/stdio";

import { houseServer } from "./mcp-tools.ts";

await houseServer().connect(new StdioServerTransport());
