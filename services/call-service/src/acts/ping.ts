import { ok, type Result } from '../result.ts';

export async function ping(): Promise<Result<object>> {
  return ok({});
}
