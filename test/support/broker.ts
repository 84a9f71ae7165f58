import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { freePort } from "./free-port.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** Debian puts it where only root looks. */
const MOSQUITTO = ["mosquitto", "/usr/sbin/mosquitto"].find(
  (program) => spawnSync(program, ["-h"]).error === undefined,
);

export const haveMosquitto = MOSQUITTO !== undefined;

export interface Broker {
  readonly port: number;
  readonly url: string;
  stop(): Promise<void>;
}

/** A real broker on this machine, which lets everybody in or nobody. */
export async function startBroker(options: { port?: number; anonymous?: boolean } = {}): Promise<Broker> {
  const { port = await freePort(), anonymous = true } = options;
  const file = join(await temporaryFolder(), "mosquitto.conf");
  writeFileSync(file, `listener ${port} 127.0.0.1\nallow_anonymous ${anonymous}\n`);
  const child = spawn(MOSQUITTO ?? "mosquitto", ["-c", file], { stdio: "ignore" });
  const ended = once(child, "exit");
  await untilListening(port);
  return {
    port,
    url: `mqtt://127.0.0.1:${port}`,
    stop: async () => {
      child.kill();
      await ended;
    },
  };
}

async function untilListening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    const socket = connect(port, "127.0.0.1");
    const open = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => {
        resolve(true);
      });
      socket.once("error", () => {
        resolve(false);
      });
    });
    socket.destroy();
    if (open) return;
    await delay(20);
  }
  throw new Error("the broker did not start");
}
