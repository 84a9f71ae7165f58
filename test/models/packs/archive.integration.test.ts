import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import fc from "fast-check";
import { pack } from "tar-stream";
import { describe, expect, test } from "vitest";

import { readTarMember, readZipMember } from "../../../models/packs/archive.ts";
import { collect, expectBytes, patternBytes, temporaryFolder, zipOf } from "../../support/packs.ts";

const wanted = patternBytes(200_000);
const member = { name: "package/data/weights.bin", size: wanted.byteLength };

interface TarEntry {
  readonly name: string;
  readonly body: Buffer;
  readonly type?: "symlink";
  readonly linkname?: string;
}

async function tarOf(entries: readonly TarEntry[]): Promise<Buffer> {
  const archive = pack();
  for (const { body, ...header } of entries) archive.entry({ ...header, size: body.byteLength }, body);
  archive.finalize();
  return gzipSync(await collect(archive as AsyncIterable<Buffer>));
}

async function onDisk(bytes: Uint8Array): Promise<string> {
  const path = join(await temporaryFolder(), "archive");
  await writeFile(path, bytes);
  return path;
}

describe("zip", () => {
  test("yields the member asked for and no other", async () => {
    const archive = await onDisk(
      zipOf({ "a.py": Buffer.from("code"), [member.name]: wanted, z: Buffer.from("z") }),
    );
    expectBytes(await collect(readZipMember(archive, member)), wanted);
  });

  test.each(["../outside.bin", "/etc/outside.bin", "a/../../outside.bin", "C:/outside.bin", "a\\..\\b"])(
    "an archive with a member that climbs out (%s) is refused",
    async (hostile) => {
      const archive = await onDisk(zipOf({ [hostile]: wanted, [member.name]: wanted }));
      await expect(collect(readZipMember(archive, member))).rejects.toMatchObject({
        code: "source-unavailable",
      });
    },
  );

  test("a missing member is named", async () => {
    const archive = await onDisk(zipOf({ other: wanted }));
    await expect(collect(readZipMember(archive, member))).rejects.toThrow(`it has no member ${member.name}`);
  });

  test("a member of another size is refused unread", async () => {
    const archive = await onDisk(zipOf({ [member.name]: wanted.subarray(1) }));
    await expect(collect(readZipMember(archive, member))).rejects.toThrow(
      "199999 bytes where 200000 are expected",
    );
  });

  test("a broken archive gives the wanted bytes or a typed error, never anything else", async () => {
    const intact = zipOf({ [member.name]: wanted.subarray(0, 300) });
    const folder = await temporaryFolder();
    await fc.assert(
      fc.asyncProperty(
        fc.nat(intact.byteLength - 1),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        async (at, flip, cut) => {
          const broken = cut ? intact.subarray(0, at) : Buffer.from(intact);
          if (!cut) broken.writeUInt8((intact[at] ?? 0) ^ flip, at);
          const path = join(folder, "broken");
          await writeFile(path, broken);
          const read = collect(readZipMember(path, { name: member.name, size: 300 }));
          const outcome = await read.catch((error: unknown) => error);
          if (outcome instanceof Buffer) expect(outcome).toHaveLength(300);
          else expect(outcome).toMatchObject({ code: "source-unavailable" });
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("tar", () => {
  const file = { name: member.name, body: wanted };

  test("yields the member asked for and no other", async () => {
    const archive = await onDisk(
      await tarOf([{ name: "package/index.js", body: Buffer.from("code") }, file]),
    );
    expectBytes(await collect(readTarMember(archive, member)), wanted);
  });

  test.each(["../outside.bin", "/etc/outside.bin", "package/../../outside.bin"])(
    "an archive with a member that climbs out (%s) is refused",
    async (hostile) => {
      const archive = await onDisk(await tarOf([{ ...file, name: hostile }, file]));
      await expect(collect(readTarMember(archive, member))).rejects.toThrow("unsafe member");
    },
  );

  test("a link with the wanted name is not followed", async () => {
    const link = {
      name: member.name,
      type: "symlink" as const,
      linkname: "/etc/passwd",
      body: Buffer.alloc(0),
    };
    const archive = await onDisk(await tarOf([link]));
    await expect(collect(readTarMember(archive, member))).rejects.toThrow("it has no member");
  });

  test("a cut archive is an error, not a short file", async () => {
    const whole = await tarOf([file]);
    const archive = await onDisk(whole.subarray(0, Math.floor(whole.byteLength / 2)));
    await expect(collect(readTarMember(archive, member))).rejects.toMatchObject({
      code: "source-unavailable",
    });
  });

  test("something that is no archive is an error", async () => {
    const archive = await onDisk(Buffer.from("<html>not found</html>"));
    await expect(collect(readTarMember(archive, member))).rejects.toThrow("cannot be read");
  });
});
