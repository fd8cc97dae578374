/** Connection tracking: tuples, the table, protocol trackers, expectations, zones, events. */

export { SCTP_STATE_NAMES } from '../uapi/index.ts';
export { checksumHolds, l4ChecksumOk } from './checksum.ts';
export { allowsClash } from './clash.ts';
export { Connections, type ConntrackFilter } from './connections.ts';
export {
  Conntrack,
  type ConntrackOptions,
  createConntrack,
} from './conntrack.ts';
export * from './constants.ts';
export { ConnectionList } from './count.ts';
export { directionOf, Entries, type TemplateGives } from './entries.ts';
export {
  type ConntrackEntry,
  describeEntry,
  type EntryStyle,
  protocolName,
  type TcpPeer,
  type TupleFields,
} from './entry.ts';
export type { ConntrackEvent, ConntrackListener } from './events.ts';
export type { Expectation, ExpectFunction, ExpectResult } from './expect.ts';
export { describeExpectation, type ExpectationEntry } from './expect-entry.ts';
export {
  type ExpectationRequest,
  Expectations,
  type ExpectedEnds,
  expectedTuple,
} from './expectations.ts';
export { invertFields, tupleOf } from './fields.ts';
export { HashIndex } from './hash-index.ts';
export { type ConntrackHelper, type ExpectPolicy, HelperTable } from './helper.ts';
export type { FlowEnd, Offload } from './offload.ts';
export {
  connectionsAfter,
  NO_CONNECTIONS,
  restoreConnections,
  type SavedConnection,
  type SavedConnections,
  type SavedExpectation,
  saveConnections,
} from './saved.ts';
export { adjustFrom, beginAdjusted } from './seqadj.ts';
export type { HelperSide, MasterSide, SeqAdjust, SynproxySide } from './sides.ts';
export { stateName } from './state.ts';
export type { Statistics } from './statistics.ts';
export { Store } from './store.ts';
export { CONNTRACK_SYSCTLS, TCP_TIMEOUTS, UDP_TIMEOUTS } from './sysctl.ts';
export { expectationText } from './tell.ts';
export * from './timeout-policy.ts';
export * from './tuple.ts';
export * from './user-helper.ts';
export { addressText } from './view.ts';
export { makeZone, type Zone, zoneIdFor } from './zone.ts';
