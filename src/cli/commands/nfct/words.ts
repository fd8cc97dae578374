// The words of nfct(8): which command of which subsystem.

import { AF_INET, AF_INET6 } from '../../../conntrack/index.ts';
import { NfctFault } from './fault.ts';

export const COMMANDS = [
  'list',
  'add',
  'delete',
  'get',
  'flush',
  'disable',
  'default-set',
  'default-get',
] as const;
export type NfctCommand = (typeof COMMANDS)[number];

const SUBSYSTEMS = ['timeout', 'helper', 'version', 'help'] as const;
export type Subsystem = (typeof SUBSYSTEMS)[number];

export const USAGE = 'Usage: nfct command subsystem [parameters]...\n';

export interface NfctWords {
  readonly command: NfctCommand;
  readonly subsystem: Subsystem;
  readonly parameters: readonly string[];
}

/** Any beginning of a word stands for the first one that begins so. */
const beginning = <T extends string>(known: readonly T[], word: string): T | undefined =>
  known.find((one) => one.startsWith(word));

/** `list timeout`, or as it was before 1.4.4 `timeout list`. @throws NfctFault */
export function parseWords([first, second, ...parameters]: readonly string[]): NfctWords {
  if (first === undefined || second === undefined) throw new NfctFault('', USAGE);
  const command = beginning(COMMANDS, first);
  const subsystem = command === undefined ? undefined : beginning(SUBSYSTEMS, second);
  if (command !== undefined && subsystem !== undefined) return { command, subsystem, parameters };
  const old = beginning(SUBSYSTEMS, first);
  if (old === undefined) throw new NfctFault(`Unknown subsystem: ${first}`, USAGE);
  const behind = beginning(COMMANDS, second);
  if (behind === undefined) throw new NfctFault(`Unknown command: ${first}`, USAGE);
  return { command: behind, subsystem: old, parameters };
}

/** @throws NfctFault */
export function familyNumber(word: string): number {
  if (word === 'inet') return AF_INET;
  if (word === 'inet6') return AF_INET6;
  throw new NfctFault('unknown layer 3 protocol');
}
