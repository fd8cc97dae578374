/** The xtables language: iptables, ip6tables, arptables and ebtables; and ipset. */
export * from './extension/index.ts';
export { MATCHES } from './match/index.ts';
export { TARGETS } from './target/index.ts';
