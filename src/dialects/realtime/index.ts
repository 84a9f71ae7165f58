import type { Dialect } from "../dialect.ts";
import { chooseSubprotocol, MAX_PAYLOAD_BYTES } from "./handshake.ts";
import { sharedPlaces } from "./places.ts";
import { RealtimeSocket } from "./realtime-socket.ts";

/** OpenAI's Realtime interface over WebSockets, GA and beta. */
export const realtime: Dialect = (host) => {
  const options = { maxPayloadBytes: MAX_PAYLOAD_BYTES, chooseSubprotocol };
  const places = sharedPlaces();
  host.acceptSockets(
    "/v1/realtime",
    options,
    (socket, request) => new RealtimeSocket(socket, request, { ...host, places }),
  );
};
