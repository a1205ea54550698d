export { type BackgroundTasks, createBackgroundTasks, MEDIA_RETRY_MS } from './background-tasks.ts';
export { runCommand, startCall } from './calls/change-call.ts';
export type { CommandRequest } from './calls/decide-command.ts';
export type { StartRequest } from './calls/decide-start.ts';
export { expireDueCalls } from './calls/expire.ts';
export { findIdempotent } from './calls/idempotency.ts';
export { createAdapter } from './delivery/adapter.ts';
export { createClientlessServer } from './delivery/clientless-server.ts';
export type { Device } from './delivery/messages.ts';
export { createPublisher, type Publisher, roomOfDevice, roomOfUser } from './delivery/publisher.ts';
export { needsToPublish, needsToSubscribe } from './delivery/redis-needs.ts';
export { ringAgain } from './delivery/rings.ts';
export {
  type Attached,
  createOrigin,
  type Engine,
  type IdempotencyRequest,
  type Origin,
  type Outcome,
} from './engine.ts';
export { type CheckOptions, checkInvariants } from './invariants/check.ts';
export {
  type ConnectionIssuer,
  type ConnectionSettings,
  createConnectionIssuer,
} from './media/credentials.ts';
export { createLiveKit } from './media/livekit.ts';
export { toMediaSession } from './media/livekit-participants.ts';
export type { MediaServer, RoomParticipant, RoomTimeouts } from './media/media-server.ts';
export { isRoomOfCall, isRoomOfDeployment } from './media/room-name.ts';
export { createMonitoringReport, refreshGauges } from './monitoring.ts';
export { toWireCall, toWireEvents, toWireParticipant } from './wire.ts';
