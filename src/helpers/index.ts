/** Helpers: protocols that announce connections inside others, tracked and translated. */

export { amandaHelper } from './amanda.ts';
export { BENCH, type BenchOptions, HelperBench } from './bench.ts';
export { netbiosHelper, snmpHelper } from './broadcast.ts';
export { type Announcement, HelperContext } from './context.ts';
export {
  type DefinedState,
  defineHelper,
  type ExpectKind,
  type ExpectOptions,
  type HelperDefinition,
  HelperMatch,
  type PatternRule,
} from './define.ts';
export { ftpHelper } from './ftp.ts';
export { h245Helper, type Q931Options, q931Helper, rasHelper } from './h323/helpers.ts';
export type { RasOptions } from './h323/ras.ts';
export { type AnyHelper, type HelperSpec, registerHelpers } from './helper.ts';
export { type IrcOptions, ircHelper } from './irc.ts';
export { KERNEL_HELPERS, registerKernelHelpers } from './registry.ts';
export { sipHelper } from './sip.ts';
export type { SipOptions } from './sip-sdp.ts';
