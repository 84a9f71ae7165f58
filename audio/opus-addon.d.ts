/**
 * What we use of the optional native package, so that the sources compile where it could not be built. Where it is
 * installed, its own declarations say the same.
 */
declare module "@discordjs/opus" {
  export class OpusEncoder {
    constructor(rate: number, channels: number);
    encode(pcm: Buffer): Buffer;
    decode(packet: Buffer): Buffer;
  }
  const addon: { OpusEncoder: typeof OpusEncoder };
  export default addon;
}
