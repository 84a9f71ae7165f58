import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { type AddressInfo, connect, type Socket } from "node:net";
import { join } from "node:path";
import { createServer } from "node:tls";
import { promisify } from "node:util";

import { onTestFinished } from "vitest";

import { temporaryFolder } from "./temporary-folder.ts";

const run = promisify(execFile);

/**
 * A way to a server over TLS, with a certificate that was made for it just now; ends with the test. Undefined where
 * openssl is missing.
 * @param url - of the server, with its port.
 */
export async function tlsProxy(
  url: string,
): Promise<{ readonly port: number; readonly ca: Buffer } | undefined> {
  const folder = await temporaryFolder();
  const [keyFile, certificateFile] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  try {
    await run("openssl", ["req", "-x509", ...curve, ...subject, "-keyout", keyFile, "-out", certificateFile]);
  } catch {
    return undefined;
  }
  const [key, cert] = await Promise.all([readFile(keyFile), readFile(certificateFile)]);
  const sockets = new Set<Socket>();
  const server = createServer({ key, cert }, (socket) => {
    const upstream = connect(Number(new URL(url).port), "127.0.0.1");
    for (const end of [socket, upstream]) {
      sockets.add(end);
      end.on("error", () => {
        socket.destroy();
        upstream.destroy();
      });
    }
    socket.pipe(upstream).pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, ca: cert };
}
