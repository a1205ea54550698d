/** A value that must never be in a log, and its name for the report. */
export interface Secret {
  readonly name: string;
  readonly value: string;
}

/** A match of this length is no coincidence. It also finds values that a log has cut off. */
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
 * Returns the names of the secrets of which a text contains a part, in any encoding, and `a JWT`
 * for one that is not among them.
 */
export function secretsIn(text: string, secrets: readonly Secret[]): string[] {
  const holds = (value: string) =>
    ENCODINGS.some((encode) => [...piecesOf(encode(value))].some((piece) => text.includes(piece)));
  const found = secrets.filter(({ value }) => holds(value)).map(({ name }) => name);
  return JWT.test(text) ? [...found, 'a JWT'] : found;
}
