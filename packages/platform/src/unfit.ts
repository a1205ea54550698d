/** What we depend on is there, and cannot do what we need: nothing gets better by waiting. The message is one clear line. */
export class Unfit extends Error {
  override readonly name = 'Unfit';
}
