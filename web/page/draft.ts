import type { Camera, VoiceClient } from "../client/index.ts";

/** The field for typed questions, as it is to be drawn. */
export interface DraftState {
  readonly text: string;
  /** Whether it goes out as soon as it can. */
  readonly isWaiting: boolean;
  /** How many characters the server takes, where it was sent off and is longer than that. */
  readonly longest: number | undefined;
}

type Talk = Pick<VoiceClient, "state" | "startInWriting" | "sendText">;
type Show = Pick<Camera, "isFileWaiting">;

const NOTHING_TYPED: DraftState = { text: "", isWaiting: false, longest: undefined };

/** What is being typed, and what was sent off and waits for the server, or for a picture that is to go ahead of it. */
export class Draft {
  readonly #client: Talk;
  readonly #camera: Show;
  readonly #onChange: () => void;
  #state = NOTHING_TYPED;

  constructor(client: Talk, camera: Show, onChange: () => void) {
    this.#client = client;
    this.#camera = camera;
    this.#onChange = onChange;
  }

  get state(): DraftState {
    return this.#state;
  }

  /** Takes what is in the field now. Who changes a text that waits has not finished it: it waits for `submit` again. */
  edit(text: string): void {
    this.#update({ ...NOTHING_TYPED, text });
  }

  /** Sends the text off as soon as there is a conversation, and begins one in writing where nobody has. */
  submit(): void {
    if (this.#state.text.trim() === "") return;
    this.#client.startInWriting();
    this.#update({ ...this.#state, isWaiting: true, longest: undefined });
    this.follow();
  }

  /** To be called whenever the conversation or what is shown has changed. */
  follow(): void {
    const { text, isWaiting } = this.#state;
    if (!isWaiting) return;
    const { isStarted, conversation } = this.#client.state;
    // Hung up, or sent away: the words stay to be sent again.
    if (!isStarted) this.#update({ ...NOTHING_TYPED, text });
    if (!isStarted || conversation.link !== "open" || this.#camera.isFileWaiting) return;
    const longest = conversation.limits?.maxTextLength ?? Infinity;
    if (text.length > longest) {
      this.#update({ text, isWaiting: false, longest });
      return;
    }
    // To send changes the conversation, of which this is told: it must not send a second time.
    this.#state = NOTHING_TYPED;
    if (!this.#client.sendText(text)) this.#state = { text, isWaiting: true, longest: undefined };
    this.#onChange();
  }

  #update(state: DraftState): void {
    this.#state = state;
    this.#onChange();
  }
}
