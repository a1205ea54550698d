import express, { type NextFunction, type Request } from 'express';
import { refused } from '../result.ts';
import { sendRefusal } from './problem.ts';
import type { ApiResponse } from './request.ts';

const LARGEST_BODY = 65_536;

const parseJson = express.json({ limit: LARGEST_BODY, type: 'application/json' });

function hasBody({ headers }: Request): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** Parses a JSON body. A missing body is parsed as `{}`. */
export function jsonBody(request: Request, response: ApiResponse, next: NextFunction): void {
  if (!hasBody(request) || request.is('application/json')) {
    parseJson(request, response, next);
    return;
  }
  const { refusal } = refused('UNSUPPORTED_MEDIA_TYPE', 'The body must be application/json.');
  sendRefusal(response, refusal);
}
