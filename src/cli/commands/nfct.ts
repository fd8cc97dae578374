// `sluice nfct`: nfct(8) without root and without a kernel, over the state that `sluice nft` keeps.

import { timeoutsOfState } from '../../lab/index.ts';
import { EXIT_INPUT, EXIT_OK, Failure } from '../failure.ts';
import type { Host } from '../host.ts';
import { NFCT_VERSION, NfctFault } from './nfct/fault.ts';
import { runHelper } from './nfct/helper.ts';
import { runTimeout } from './nfct/timeout.ts';
import { type NfctCommand, type NfctWords, parseWords } from './nfct/words.ts';
import { Store, statePath } from './nft-store.ts';
import { takeState } from './state-option.ts';

const READERS: ReadonlySet<NfctCommand> = new Set<NfctCommand>(['list', 'get', 'default-get']);

const VERSION_TEXT = `nfct v${NFCT_VERSION}: utility for the Netfilter's Connection Tracking System
`;

const HELP_TEXT = `nfct without root: timeout policies and helpers are kept in a file between calls

Usage: nfct COMMAND timeout|helper [parameters]

  list timeout                      all policies
  add timeout NAME inet|inet6 PROTOCOL STATE SECONDS ...
  get | delete timeout NAME
  flush timeout                     those that no rule names
  default-set timeout inet|inet6 PROTOCOL STATE SECONDS ...
  default-get timeout inet|inet6 PROTOCOL
  list | flush helper
  add | disable helper NAME inet|inet6 tcp|udp
  get | delete helper NAME [inet|inet6 [tcp|udp]]
`;

function run({ command, subsystem, parameters }: NfctWords, store: Store): string {
  const { state } = store.read();
  if (subsystem === 'timeout') {
    const policies = timeoutsOfState(state);
    const out = runTimeout(command, policies, parameters);
    if (!READERS.has(command)) store.write({ ...state, timeouts: policies.save() });
    return out;
  }
  const { helpers, out } = runHelper(command, state.helpers ?? [], parameters);
  if (!READERS.has(command)) store.write({ ...state, helpers });
  return out;
}

function runWords(words: readonly string[], store: Store, host: Host): number {
  if (words[0] === '-h' || words[0] === '--help') {
    host.out(HELP_TEXT);
    return EXIT_OK;
  }
  const parsed = parseWords(words);
  const { subsystem, command } = parsed;
  if (subsystem === 'version' || subsystem === 'help')
    host.out(subsystem === 'version' ? VERSION_TEXT : HELP_TEXT);
  else if (READERS.has(command)) host.out(run(parsed, store));
  else store.exclusively(() => host.out(run(parsed, store)));
  return EXIT_OK;
}

/** Answers the exit status of nfct: 1 for everything that goes wrong. */
export async function nfct(words: readonly string[], host: Host): Promise<number> {
  try {
    const { state, rest } = takeState(words);
    return runWords(rest, new Store(statePath(state, host.env)), host);
  } catch (error) {
    if (error instanceof NfctFault) {
      host.err(error.text);
      return EXIT_INPUT;
    }
    if (!(error instanceof Failure)) throw error;
    host.err(`nfct v${NFCT_VERSION}: ${error.message}\n`);
    return EXIT_INPUT;
  }
}
