/** Longest line, and longest event, that is kept; a server that sends no end of one must not fill the memory. */
const MAX_CHARACTERS = 1_000_000;

/** The `data` fields of a stream of server-sent events (WHATWG HTML, section 9.2), one per event. */
export async function* readServerSentEvents(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<string, void, void> {
  let data: string[] = [];
  let characters = 0;
  for await (const line of readLines(body)) {
    if (line === "") {
      if (data.length > 0) yield data.join("\n");
      data = [];
      characters = 0;
    } else if (line.startsWith("data:")) {
      characters += line.length;
      if (characters > MAX_CHARACTERS) throw new Error("an event of the event stream is too long");
      data.push(line.slice(5).replace(/^ /, ""));
    }
  }
  if (data.length > 0) yield data.join("\n");
}

async function* readLines(body: ReadableStream<Uint8Array>): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of body) {
    rest += decoder.decode(bytes, { stream: true });
    // A carriage return at the very end may be the first half of a line end.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    if (rest.length > MAX_CHARACTERS) throw new Error("a line of the event stream is too long");
    yield* lines;
  }
  if (rest !== "") yield rest.replace(/\r$/, "");
}
