import { randomBytes } from "node:crypto";

import multipart from "@fastify/multipart";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

import { AntiphonError, type Clock, toAntiphonError } from "../../../streaming/index.ts";
import { TokenBucket } from "../../server/limits.ts";
import { tokenOf } from "./device.ts";

export const VISION_PATH = "/xiaozhi/vision/explain";

const LARGEST_PICTURE_BYTES = 2 ** 21;
const LONGEST_QUESTION_BYTES = 4000;
/** A board sends some 50 kB over a slow radio; who takes longer does not mean to send a picture. */
const UPLOAD_TIMEOUT_MS = 20_000;
const PICTURES = { capacity: 4, perSecond: 0.5 } as const;
const TOKEN_BYTES = 24;
const TOO_LARGE = 413;

/** The camera of one connected board. */
export interface DeviceCamera {
  readonly deviceId: string;
  readonly take: (picture: Uint8Array) => void;
}

/** Takes the pictures of boards that are connected: the token that a board gets with its connection ends with it. */
export class VisionDesk {
  readonly #cameras = new Map<string, DeviceCamera & { readonly bucket: TokenBucket }>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** From now on, until it is closed, the token stands for this camera. */
  open(camera: DeviceCamera): { readonly token: string; readonly close: () => void } {
    const token = randomBytes(TOKEN_BYTES).toString("base64url");
    this.#cameras.set(token, { ...camera, bucket: new TokenBucket(this.#clock, PICTURES) });
    return { token, close: () => this.#cameras.delete(token) };
  }

  /** Adds the route; a board takes anything but 200 for a failure and the body of 200 for its tool's result. */
  async addRoute(app: FastifyInstance): Promise<void> {
    await app.register(multipart, {
      limits: {
        fileSize: LARGEST_PICTURE_BYTES,
        files: 1,
        fields: 4,
        fieldSize: LONGEST_QUESTION_BYTES,
        parts: 5,
      },
    });
    app.post(VISION_PATH, async (request, reply) => {
      const timer = setTimeout(() => request.raw.destroy(), UPLOAD_TIMEOUT_MS);
      try {
        return await this.#take(request, reply);
      } finally {
        clearTimeout(timer);
      }
    });
  }

  async #take(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const camera = this.#cameras.get(tokenOf(request) ?? "");
    const deviceId = request.headers["device-id"];
    if (
      camera === undefined ||
      (deviceId !== undefined && String(deviceId).toLowerCase() !== camera.deviceId)
    ) {
      return await refuse(reply, 401, "the token is of no connected device");
    }
    if (!camera.bucket.take(1)) return await refuse(reply, 429, "too many pictures; wait a few seconds");
    if (!request.isMultipart()) return await refuse(reply, 415, "send multipart/form-data");
    try {
      const picture = await pictureOf(request);
      camera.take(picture);
    } catch (error) {
      const { statusCode = 400 } = error as { readonly statusCode?: number };
      return await refuse(reply, statusCode === TOO_LARGE ? TOO_LARGE : 400, toAntiphonError(error).message);
    }
    return await reply.send({ success: true, action: "RESPONSE", response: "The picture has arrived." });
  }
}

/** A photo, as boards take it, by its first bytes. */
async function pictureOf(request: FastifyRequest): Promise<Uint8Array> {
  let picture: Buffer | undefined;
  for await (const part of request.parts()) {
    if (part.type !== "file") continue;
    picture = await part.toBuffer();
  }
  if (picture === undefined) throw new AntiphonError("picture-unreadable", "there is no part named file");
  if (picture[0] !== 0xff || picture[1] !== 0xd8)
    throw new AntiphonError("picture-format", "the picture is no JPEG");
  return Uint8Array.from(picture);
}

async function refuse(reply: FastifyReply, status: number, message: string): Promise<FastifyReply> {
  return await reply.code(status).send({ success: false, message });
}
