import { systemClock } from "../../src/clock.ts";
import type { VoiceServer } from "../../src/server/app.ts";
import { openVoiceSession, type SightModels } from "../../streaming/index.ts";
import { fakeModels } from "./fake-models.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { startServer } from "./voice-server.ts";
import { type BoardOptions, XiaozhiBoard } from "./xiaozhi-board.ts";

export interface BoardServerOptions {
  readonly config?: Readonly<Record<string, unknown>>;
  /** What sounds say that are no phrase of the fake recognizer's. */
  readonly otherwise?: string;
  readonly sight?: SightModels;
  /** Where the models never get loaded. */
  readonly isReady?: boolean;
}

/** A server for boards over scripted models, with what it keeps of them in a folder of its own. */
export class BoardServer {
  readonly models: ReturnType<typeof fakeModels>;
  readonly server: VoiceServer;
  readonly folder: string;
  readonly #boards: XiaozhiBoard[] = [];

  private constructor(server: VoiceServer, models: ReturnType<typeof fakeModels>, folder: string) {
    this.server = server;
    this.models = models;
    this.folder = folder;
  }

  static async start(options: BoardServerOptions = {}): Promise<BoardServer> {
    const { config = {}, otherwise, sight, isReady = true } = options;
    const models = fakeModels(otherwise);
    const folder = await temporaryFolder();
    const all = { ...models, ...(sight === undefined ? {} : { sight }) };
    const server = await startServer(
      isReady ? (settings) => openVoiceSession(all, settings, systemClock) : undefined,
      { devices: { folder }, ...config },
    );
    return new BoardServer(server, models, folder);
  }

  get origin(): string {
    return new URL(this.server.pageUrl).origin;
  }

  get socketUrl(): string {
    return `${this.origin.replace("http", "ws")}/xiaozhi/v1/`;
  }

  async board(options: BoardOptions = {}): Promise<XiaozhiBoard> {
    const board = await XiaozhiBoard.connect(this.socketUrl, options);
    this.#boards.push(board);
    return board;
  }

  async close(): Promise<void> {
    for (const board of this.#boards) board.close();
    await this.server.close();
  }
}
