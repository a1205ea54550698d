/** A dependency is reachable but cannot do what we need, so waiting does not help. */
export class Unfit extends Error {
  override readonly name = 'Unfit';
}
