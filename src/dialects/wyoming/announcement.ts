import { getResponder } from "@homebridge/ciao";

/**
 * Tells the local network by multicast DNS that a Wyoming server is here (`_wyoming._tcp`), as Home Assistant looks for it.
 * Returns how to take that back. Rejects where the network has no multicast.
 */
export async function announceWyoming(name: string, port: number): Promise<() => Promise<void>> {
  const responder = getResponder();
  const service = responder.createService({ name, type: "wyoming", port });
  try {
    await service.advertise();
  } catch (error) {
    await responder.shutdown();
    throw error;
  }
  return async () => {
    await responder.shutdown();
  };
}
