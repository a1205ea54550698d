/** A steady tone, 16 bit, mono: something that one can recognise at the other end. */
export function tone(hertz: number, sampleRate: number, samples: number, from = 0): Int16Array {
  return Int16Array.from(
    { length: samples },
    (_, index) => 12_000 * Math.sin((2 * Math.PI * hertz * (from + index)) / sampleRate),
  );
}

/** How much of the sound's energy lies at this frequency, 0 to 1 (Goertzel's algorithm). */
export function shareOf(hertz: number, sampleRate: number, sound: Int16Array): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * hertz) / sampleRate);
  let [last, beforeLast, energy] = [0, 0, 0];
  for (const sample of sound) {
    [last, beforeLast] = [sample + coefficient * last - beforeLast, last];
    energy += sample * sample;
  }
  if (energy === 0) return 0;
  const power = last * last + beforeLast * beforeLast - coefficient * last * beforeLast;
  return (2 * power) / (energy * sound.length);
}
