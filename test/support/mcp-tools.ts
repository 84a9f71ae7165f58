import { McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";

/** A server of the Model Context Protocol with a house in it. */
export function houseServer(): McpServer {
  const server = new McpServer({ name: "house", version: "1.0.0" });
  server.registerTool(
    "read_temperature",
    {
      description: "Tells how warm a room is.",
      inputSchema: z.object({ room: z.enum(["kitchen", "bath"]) }),
      annotations: { readOnlyHint: true },
    },
    ({ room }) => ({ content: [{ type: "text", text: `${room}: 21 degrees` }] }),
  );
  server.registerTool(
    "unlock_door",
    { description: "Unlocks a door.", inputSchema: z.object({ door: z.string() }) },
    ({ door }) => ({ content: [{ type: "text", text: `${door} is open` }] }),
  );
  server.registerTool("break", { description: "Fails." }, () => ({
    content: [{ type: "text", text: "the fuse has blown" }],
    isError: true,
  }));
  return server;
}
