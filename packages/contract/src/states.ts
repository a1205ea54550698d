/** The enumerations of the API, in the order of the documentation. */
export const callTypes = ['audio', 'video'] as const;
export const callModes = ['direct', 'group'] as const;

export const callStates = [
  'initiating',
  'ringing',
  'connecting',
  'connected',
  'reconnecting',
  'ended',
  'failed',
  'busy',
  'declined',
  'missed',
  'cancelled',
] as const;

export const endReasons = [
  'hangup',
  'host_ended',
  'declined',
  'no_answer',
  'cancelled',
  'busy',
  'connect_timeout',
  'connection_lost',
  'solo_timeout',
  'max_duration',
  'media_failure',
  'admin_ended',
] as const;

export const participantStates = [
  'invited',
  'ringing',
  'joining',
  'joined',
  'reconnecting',
  'left',
  'declined',
  'missed',
  'busy',
  'cancelled',
  'removed',
] as const;

export const roles = ['host', 'participant'] as const;
export const directions = ['incoming', 'outgoing'] as const;

export const outcomes = [
  'completed',
  'missed',
  'declined',
  'cancelled',
  'busy',
  'failed',
  'ongoing',
] as const;

export const declineReasons = ['declined', 'busy'] as const;
export const leaveReasons = ['left', 'removed', 'connection_lost'] as const;
export const endingSoonReasons = ['solo_timeout', 'max_duration'] as const;
export const trackKinds = ['audio', 'video', 'screen'] as const;

export const ringStopCauses = [
  'answered_elsewhere',
  'declined_elsewhere',
  'cancelled',
  'timeout',
  'ended',
] as const;

/** From best to worst. */
export const qualityLevels = ['excellent', 'good', 'fair', 'poor'] as const;
export const qualityDirections = ['send', 'receive'] as const;
/** A client should send no video at the level poor, and a smaller picture at the level fair. */
export const recommendations = ['audio_only', 'lower_resolution', 'none'] as const;

export type CallType = (typeof callTypes)[number];
export type CallMode = (typeof callModes)[number];
export type CallState = (typeof callStates)[number];
export type EndReason = (typeof endReasons)[number];
export type ParticipantState = (typeof participantStates)[number];
export type Role = (typeof roles)[number];
export type Direction = (typeof directions)[number];
export type Outcome = (typeof outcomes)[number];
export type DeclineReason = (typeof declineReasons)[number];
export type LeaveReason = (typeof leaveReasons)[number];
export type EndingSoonReason = (typeof endingSoonReasons)[number];
export type TrackKind = (typeof trackKinds)[number];
export type RingStopCause = (typeof ringStopCauses)[number];
export type QualityLevel = (typeof qualityLevels)[number];
export type QualityDirection = (typeof qualityDirections)[number];
export type Recommendation = (typeof recommendations)[number];
