/**
 * The signal of the log-mel fixtures: a rising triangle wave with noise, fading in and out. Made of whole numbers only,
 * as in test/fixtures/audio/make_log_mel.py, so that both are the very same.
 */
export function testSignal(count: number): Float32Array {
  let noise = 12345;
  let phase = 0;
  return Float32Array.from({ length: count }, (_, n) => {
    noise = (Math.imul(1103515245, noise) + 12345) & 0x7fffffff;
    phase = (phase + 400 + Math.floor(n / 16)) % 65536;
    const triangle = Math.abs(phase - 32768) - 16384;
    const loudness = Math.abs((Math.floor(n / 32) % 512) - 256);
    return (Math.floor((triangle * loudness) / 512) + ((noise >> 16) % 512) - 256) / 32768;
  });
}
