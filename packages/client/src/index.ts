export type {
  Call,
  CallEvent,
  CallState,
  EndReason,
  ErrorCode,
  HistoryEntry,
  Participant,
  ParticipantQuality,
  QualityDirection,
  QualityLevel,
  QualitySummary,
  Rating,
  RingStopCause,
  Stats,
} from '@ringline/contract';
export { applyEvent } from '@ringline/contract';
export type { AcceptOptions, RinglineCall, SendOptions } from './calls/call.ts';
export type { EndCause, RinglineCallEvents } from './calls/call-events.ts';
export { type CallLog, type CallLogHandlers, createCallLog } from './calls/call-log.ts';
export type { StartOptions } from './calls/calls.ts';
export type { CallStage } from './calls/stage.ts';
export type { Listener, Subscribable } from './emitter.ts';
export { RinglineError, type RinglineErrorCode, type RinglineErrorDetails } from './errors.ts';
export type { CallMedia, MediaState } from './media/call-media.ts';
export type { MediaTrack, UserMedia, VideoAllowance, VideoLimits } from './media/room.ts';
export type {
  ClientLogger,
  MediaOptions,
  QualityOptions,
  RinglineOptions,
  RinglineStorage,
} from './options.ts';
export type { CallQuality, LineQuality, UserQuality } from './quality/call-quality.ts';
export { exponentialBackoff, type RetryPolicy } from './retry.ts';
export { createRingline, type Ringline } from './ringline.ts';
export type { RinglineEvents } from './ringline-events.ts';
export type { ConnectionState } from './signalling/connection-status.ts';
export type { HistoryPage } from './signalling/rest.ts';
