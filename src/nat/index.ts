/** Network address translation: bindings, port allocation, packet manipulation, ICMP errors. */
export { jhash2 } from './jhash.ts';
export { createNat, Nat } from './nat.ts';
export * from './range.ts';
export { adjustFrom } from './seqadj.ts';
