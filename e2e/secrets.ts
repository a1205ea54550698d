/** Something that must never be in a log, and what to call it when it is. */
export interface Secret {
  readonly name: string;
  readonly value: string;
}

/** So much in a row is no coincidence; a log that cuts values off leaks as well. */
const PIECE = 16;
const STRIDE = 8;

const ENCODINGS: readonly ((value: string) => string)[] = [
  (value) => value,
  (value) => encodeURIComponent(value),
  (value) => JSON.stringify(value).slice(1, -1),
  (value) => Buffer.from(value).toString('hex'),
  (value) => Buffer.from(value).toString('base64'),
  (value) => Buffer.from(value).toString('base64url'),
];

const JWT = /eyJ[\w-]{8,}\.[\w-]+/;

function* piecesOf(text: string): Generator<string> {
  if (text.length <= PIECE) yield text;
  for (let from = 0; from + PIECE <= text.length; from += STRIDE) {
    yield text.slice(from, from + PIECE);
  }
}

/**
 * The names of those secrets of which a text holds a piece, however it was written down; and `a JWT` where it holds one
 * that nobody named.
 */
export function secretsIn(text: string, secrets: readonly Secret[]): string[] {
  const holds = (value: string) =>
    ENCODINGS.some((encode) => [...piecesOf(encode(value))].some((piece) => text.includes(piece)));
  const found = secrets.filter(({ value }) => holds(value)).map(({ name }) => name);
  return JWT.test(text) ? [...found, 'a JWT'] : found;
}
