/** The language of ipset(8): commands and restore files to changes, sets to listings. */
export {
  type IpsetCommand,
  type IpsetContext,
  type IpsetOptions,
  ipsetOptions,
  type OutputMode,
  readCommand,
} from './command.ts';
export { errorText as ipsetErrorText } from './errors.ts';
export { IpsetFault } from './fault.ts';
export {
  isCommit as isIpsetCommit,
  isNothing as isIpsetComment,
  wordsOfLine as ipsetWords,
} from './line.ts';
export { type ListingOptions, listSets } from './list.ts';
export type { IpsetNames } from './names.ts';
export { elementText } from './print.ts';
export {
  type IpsetProblem,
  type IpsetRestore,
  KnownSets,
  parseIpsetRestore,
  type RestoreOptions,
} from './restore.ts';
export { infoOf as ipsetTypeInfo, TYPES as IPSET_TYPE_INFOS, type TypeInfo } from './types.ts';
