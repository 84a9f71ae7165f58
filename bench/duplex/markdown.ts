export async function writeMarkdown(..._all: unknown[]): Promise<void> {}
