/** What a match or a target is to the language, and what their options are made of. */
export * from './addresses.ts';
export * from './context.ts';
export * from './dscp.ts';
export * from './extension.ts';
export * from './given.ts';
export * from './icmp-types.ts';
export * from './marks.ts';
export * from './net.ts';
export * from './numbers.ts';
export * from './ports.ts';
export * from './print.ts';
export * from './rates.ts';
export * from './syslog.ts';
export * from './tests.ts';
export * from './tos-value.ts';
export * from './values.ts';
export * from './words.ts';
