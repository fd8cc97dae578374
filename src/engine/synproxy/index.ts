/** The SYN proxy of rules, objects and xtables. */
export { parseOptions } from './options.ts';
export { Synproxy, type SynproxyInfo } from './synproxy.ts';
