import type { Level } from "../../audio/index.ts";
import { LiveConversation } from "../client/live-conversation.ts";
import { levelMeter, type Terminal } from "../client/terminal.ts";
import type { ServerMessage } from "../server/protocol.ts";
import { type CommandContext, type CommonOptions, printResult } from "./context.ts";

export interface LiveOptions extends CommonOptions {
  readonly microphone?: string;
  readonly loudspeaker?: string;
  readonly pushToTalk?: boolean;
}

const METER_WIDTH = 24;
/** Frames of 20 ms between two pictures of the meter. */
const METER_EVERY = 4;
const KEYS = { talk: " ", interrupt: "\u001b", quit: "q" } as const;

/** Talks with this machine's microphone and loudspeaker until the user ends it. */
export async function talkLive(context: CommandContext, options: LiveOptions, url: string): Promise<void> {
  const { clock, terminal } = context;
  const quit = new AbortController();
  const screen = new Screen(context, options);
  let letGo: () => void = () => undefined;
  try {
    await LiveConversation.hold(
      {
        url,
        clock,
        signal: AbortSignal.any([context.signal, quit.signal]),
        microphone: options.microphone,
        loudspeaker: options.loudspeaker,
        open: options.pushToTalk !== true,
        onMessage: (message) => {
          screen.note(message);
        },
        onLevel: (level) => {
          screen.showLevel(level);
        },
      },
      (conversation) => {
        screen.begin(conversation);
        if (terminal !== undefined) {
          letGo = terminal.onKey((keys) => {
            obey(keys, conversation, quit);
          });
        }
      },
    );
  } finally {
    letGo();
  }
  context.signal.throwIfAborted();
}

function obey(keys: string, conversation: LiveConversation, quit: AbortController): void {
  // Longer ones, such as of arrows, begin with the one that interrupts.
  if (keys === KEYS.interrupt) conversation.interrupt();
  else if (keys.startsWith(KEYS.interrupt)) return;
  if (keys.includes(KEYS.talk)) conversation.microphoneOpen = !conversation.microphoneOpen;
  if (keys.includes(KEYS.quit)) quit.abort();
}

/** What the user sees: what both sides said, and below it how loud the microphone is. */
class Screen {
  readonly #context: CommandContext;
  readonly #options: LiveOptions;
  readonly #terminal: Terminal | undefined;
  #conversation: LiveConversation | undefined;
  #state = "listening";
  #frames = 0;
  #heard = "";

  constructor(context: CommandContext, options: LiveOptions) {
    this.#context = context;
    this.#options = options;
    this.#terminal = context.terminal;
  }

  begin(conversation: LiveConversation): void {
    this.#conversation = conversation;
    const keys =
      this.#terminal === undefined
        ? "Ctrl-C ends"
        : "Space opens and closes the microphone, Esc silences the answer, q ends";
    this.#context.note(`talk; ${keys}. A headset keeps the assistant from hearing itself.`);
  }

  note(message: ServerMessage): void {
    if (message.type === "transcript-end") {
      this.#heard = message.text;
      this.#print(`you       ${message.text}`);
    } else if (message.type === "answer-start") this.#state = "speaking";
    else if (message.type === "floor") this.#state = message.level === "full" ? "speaking" : message.level;
    else if (message.type === "error") this.#context.note(`error (${message.code}): ${message.message}`);
    else if (message.type === "answer-end") this.#endAnswer(message);
  }

  #endAnswer({ turn, text: answer, outcome }: Extract<ServerMessage, { type: "answer-end" }>): void {
    this.#state = "listening";
    if (this.#options.json === true) {
      printResult(this.#context, this.#options, { turn, heard: this.#heard, answer, outcome }, []);
      return;
    }
    this.#print(`antiphon  ${answer}${outcome === "completed" ? "" : ` (${outcome})`}`);
  }

  showLevel({ rmsDbfs }: Level): void {
    if (this.#terminal === undefined || this.#frames++ % METER_EVERY !== 0) return;
    const open = this.#conversation?.microphoneOpen === true;
    const meter = open ? levelMeter(rmsDbfs, METER_WIDTH) : "microphone closed".padEnd(METER_WIDTH);
    this.#terminal.showStatus(`[${meter}] ${this.#state}`);
  }

  #print(line: string): void {
    if (this.#options.json === true) return;
    this.#terminal?.showStatus("");
    this.#context.print(line);
  }
}
