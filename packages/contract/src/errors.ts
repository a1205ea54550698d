import { z } from 'zod';
import { type ErrorCode, errorCodes } from './error-table.ts';

const fieldError = z.object({
  path: z.string().meta({ description: 'Where in the request, with dots between the parts.' }),
  message: z.string(),
});
export type FieldError = z.infer<typeof fieldError>;

/**
 * A refusal by REST (RFC 9457). `existingCallId` comes with CALLER_BUSY, `callId` with USER_BUSY.
 */
export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    code: z.enum(errorCodes as [ErrorCode, ...ErrorCode[]]),
    requestId: z.string(),
    errors: z.array(fieldError).optional(),
    callId: z.string().optional(),
    existingCallId: z.string().optional(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof problem>;

/** A refusal in the acknowledgement of a client event. */
export const socketError = problem
  .pick({ code: true, requestId: true, errors: true, callId: true, existingCallId: true })
  .extend({ message: z.string(), retryAfterSeconds: z.number().int().optional() })
  .meta({ id: 'SocketError' });
export type SocketError = z.infer<typeof socketError>;
