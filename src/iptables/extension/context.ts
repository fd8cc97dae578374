import type { IpSetFamily } from '../../program/index.ts';
import type { XtFamily } from './extension.ts';

/** Names that only a system knows; what is absent is answered from tables of well-known names. */
export interface Names {
  readonly user?: (name: string) => number | undefined;
  readonly group?: (name: string) => number | undefined;
  /** Addresses a host name stands for, as text. */
  readonly host?: (name: string) => readonly string[] | undefined;
  /** Groups of devices and realms of routes, as iproute2 names them. */
  readonly devgroup?: (name: string) => number | undefined;
  readonly realm?: (name: string) => number | undefined;
  /** The family of a set of ipset; undefined where there is none of that name. */
  readonly ipset?: (name: string) => IpSetFamily | undefined;
  /** The text of a file that a rule names; undefined where it cannot be read. */
  readonly file?: (path: string) => string | undefined;
}

/** What is known of a rule while its options are read. */
export interface ParseContext {
  readonly family: XtFamily;
  readonly table: string;
  readonly chain: string;
  /** IPPROTO_* that the rule is about, 0 for all; for ebtables the ethertype, for arptables 0. */
  readonly protocol: number;
  readonly protocolNegated: boolean;
  /** ebtables: the rule is about frames with a length instead of a type (`-p LENGTH`). */
  readonly frameLength?: boolean;
  readonly names: Names;
  /** Kept in spite of being wrong or old: said once, the rule stands. */
  warn(message: string): void;
}

/** Words that mean nothing; the reader of the command line adds their place. */
export class XtError extends Error {
  /** Ready to put in the place of the words. */
  readonly suggestion: string | undefined;

  constructor(message: string, suggestion?: string) {
    super(message);
    this.name = 'XtError';
    this.suggestion = suggestion;
  }
}

/** Words that are right, about something that is not there. */
export class NotThere extends XtError {}

/** @throws XtError always */
export function wrong(message: string, suggestion?: string): never {
  throw new XtError(message, suggestion);
}
