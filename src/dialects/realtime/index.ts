import type { Dialect } from "../dialect.ts";
import { chooseSubprotocol, MAX_PAYLOAD_BYTES } from "./handshake.ts";
import { Places } from "./places.ts";
import { RealtimeSocket } from "./realtime-socket.ts";

/**
 * Responses outside of conversations that are written at once, of all clients together: each holds memory of the language
 * model's, as half a conversation does, and no conversation's place is reserved for it.
 */
const WRITTEN_ASIDE_AT_ONCE = 2;

/**
 * Recordings inside of items that are recognised at once, of all clients together: there is one recogniser, and nobody waits
 * for these by ear.
 */
const RECOGNISED_AT_ONCE = 1;

/** OpenAI's Realtime interface over WebSockets, GA and beta. */
export const realtime: Dialect = (host) => {
  const options = { maxPayloadBytes: MAX_PAYLOAD_BYTES, chooseSubprotocol };
  const asidePlaces = new Places(WRITTEN_ASIDE_AT_ONCE);
  const recordingPlaces = new Places(RECOGNISED_AT_ONCE);
  host.acceptSockets(
    "/v1/realtime",
    options,
    (socket, request) => new RealtimeSocket(socket, request, { ...host, asidePlaces, recordingPlaces }),
  );
};
