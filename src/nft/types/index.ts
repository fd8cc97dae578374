/**
 * The vocabulary of nft: datatypes, symbol tables, header descriptions and the keys of meta and
 * friends, shared by `2-check`, `3-compile` and `4-list`. Plain tables and lookups, no behaviour.
 */
export * from './datatype.ts';
export * from './exthdr.ts';
export {
  BASE_NAMES,
  BASES,
  type Base,
  type Field,
  type IcmpDependency,
  type InnerSpec,
  type Protocol,
} from './header.ts';
export * from './keys.ts';
export * from './names.ts';
export * from './names-port.ts';
export * from './priority.ts';
export * from './proto.ts';
export * as symbols from './symbols.ts';
export { type SymbolTable, symbolName, symbolValue } from './symbols.ts';
