/** Network address translation: bindings, port allocation, packet manipulation, ICMP errors. */
export {
  expectFrom,
  expectPort,
  FOLLOW_MASTER,
  followMaster,
  rangeOf,
} from './expected.ts';
export { IcmpTranslator } from './icmp.ts';
export { jhash2 } from './jhash.ts';
export { manglePayload, payloadStart } from './mangle.ts';
export { manipPacket } from './manip.ts';
export { createNat, Nat } from './nat.ts';
export * from './range.ts';
