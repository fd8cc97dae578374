// `sluice nfacct`: nfacct(8) without root and without a kernel, over the state that `sluice nft` keeps.

import type { Accounting } from '../../engine/index.ts';
import {
  type AcctForm,
  acctListText,
  acctName,
  acctNumber,
  readAcctLine,
} from '../../iptables/index.ts';
import { accountingOfState } from '../../lab/index.ts';
import type { AcctObject } from '../../program/index.ts';
import { EXIT_INPUT, EXIT_OK, Failure } from '../failure.ts';
import type { Host } from '../host.ts';
import { NFACCT_HELP } from './nfacct-help.ts';
import { Store, statePath } from './nft-store.ts';
import { takeState } from './state-option.ts';

const NFACCT_VERSION = '1.0.2';
const MS_PER_SECOND = 1000;

/** Any beginning of a word stands for the first one that begins so. */
const COMMANDS = [
  'list',
  'add',
  'delete',
  'get',
  'flush',
  'version',
  'help',
  'restore',
  'monitor',
] as const;
type CommandName = (typeof COMMANDS)[number];

const USAGE = 'Usage: nfacct command [parameters]...\n';

const STRERROR: Readonly<Record<string, string>> = {
  EINVAL: 'Invalid argument',
  EBUSY: 'Device or resource busy',
  ENOENT: 'No such file or directory',
};

/** How a command ends badly; the message stands as it is. */
class NfacctFault extends Error {}

const fault = (message: string, rest = ''): NfacctFault =>
  new NfacctFault(`nfacct v${NFACCT_VERSION}: ${message}\n${rest}`);

/** @throws NfacctFault unless the errno is '' */
function succeed(errno: string): void {
  if (errno !== '') throw fault(`error: ${STRERROR[errno] ?? errno}`);
}

/** What `list` and `get` take behind them. */
interface Form {
  readonly reset: boolean;
  readonly form: AcctForm;
}

/** @throws NfacctFault for what is none of the words, and where a listing has two of a kind */
function formOf(words: readonly string[], command: 'list' | 'get'): Form {
  let reset = false;
  let form: AcctForm = 'plain';
  for (const word of words) {
    const known = (['reset', 'xml', 'json'] as const).find((one) => one.startsWith(word));
    if (known === undefined) throw fault('unknown argument');
    if (command === 'list' && (known === 'reset' ? reset : form !== 'plain'))
      throw new NfacctFault(`Error: duplicate "${word}" or collision with another option \n`);
    if (known === 'reset') reset = true;
    else form = known;
  }
  return { reset, form };
}

const only = (words: readonly string[], count: number): void => {
  if (words.length > count) throw fault('too many arguments');
};

function named([name]: readonly string[]): string {
  if (name === undefined) throw fault('missing object name');
  return acctName(name);
}

/** @throws NfacctFault */
function newObject(words: readonly string[]): AcctObject {
  const object = { name: named(words), packets: '0', bytes: '0' };
  const [, mode, value] = words;
  if (mode === undefined) return object;
  if (value === undefined) throw fault('missing quota value');
  if (words.length === 3 && mode !== 'byte' && mode !== 'packet')
    throw fault('argument must "byte" or "packet"');
  only(words, 3);
  const quota = acctNumber(value);
  if (quota === undefined) throw fault('error reading quota');
  return {
    ...object,
    quota: { mode: mode === 'byte' ? 'byte' : 'packet', value: quota, over: false },
  };
}

/** One command on the objects of a state. */
class NfacctCall {
  readonly #accounting: Accounting;
  readonly #host: Host;

  constructor(accounting: Accounting, host: Host) {
    this.#accounting = accounting;
    this.#host = host;
  }

  /** Shows the objects of that name, or all of them. @throws NfacctFault */
  show(name: string | undefined, { reset, form }: Form): void {
    const all = this.#accounting.list();
    const shown = name === undefined ? all : all.filter((one) => one.name === name);
    if (name !== undefined && shown.length === 0) succeed('ENOENT');
    const seconds = Math.floor(Date.now() / MS_PER_SECOND);
    const text = acctListText(
      shown.map((one) => one.describe()),
      form,
      seconds,
    );
    if (reset) for (const one of shown) one.reset();
    this.#host.out(text);
  }

  add(object: AcctObject): void {
    succeed(this.#accounting.add(object));
  }

  delete(name: string): void {
    succeed(this.#accounting.delete(name));
  }

  flush(): void {
    this.#accounting.flush();
  }

  /** Line by line, until one is wrong. The kernel takes no word of a quota that is used up. */
  restore(text: string): void {
    for (const line of text.replace(/\n$/, '').split('\n')) {
      if (text === '') return;
      const read = readAcctLine(line);
      if (typeof read === 'string') throw fault(read);
      const { quota, ...rest } = read;
      this.add(quota === undefined ? rest : { ...rest, quota: { ...quota, over: false } });
    }
  }
}

/** As the only one that changes the state; what was done is kept, also where it ends badly. */
function changing(store: Store, host: Host, work: (call: NfacctCall) => void): void {
  store.exclusively(() => {
    const { state } = store.read();
    const accounting = accountingOfState(state);
    try {
      work(new NfacctCall(accounting, host));
    } finally {
      store.write({ ...state, accounting: accounting.save() });
    }
  });
}

/** @throws NfacctFault */
async function run(
  command: CommandName,
  words: readonly string[],
  store: Store,
  host: Host,
): Promise<void> {
  switch (command) {
    case 'list':
    case 'get': {
      const name = command === 'get' ? named(words) : undefined;
      const form = formOf(command === 'get' ? words.slice(1) : words, command);
      if (form.reset) return changing(store, host, (call) => call.show(name, form));
      return new NfacctCall(accountingOfState(store.read().state), host).show(name, form);
    }
    case 'add': {
      const object = newObject(words);
      return changing(store, host, (call) => call.add(object));
    }
    case 'delete': {
      const name = named(words);
      only(words, 1);
      return changing(store, host, (call) => call.delete(name));
    }
    case 'flush':
      only(words, 0);
      return changing(store, host, (call) => call.flush());
    case 'restore': {
      const text = await host.readInput();
      return changing(store, host, (call) => call.restore(text));
    }
    case 'monitor':
      throw fault(
        'no packets pass here, so no quota is ever used up: `sluice trace` says when one is',
      );
    case 'version':
      host.out(
        `nfacct v${NFACCT_VERSION}: utility for the Netfilter extended accounting infrastructure\n`,
      );
      return;
    case 'help':
      host.out(NFACCT_HELP);
  }
}

/** Answers the exit status of nfacct: 1 for everything that goes wrong. */
export async function nfacct(words: readonly string[], host: Host): Promise<number> {
  try {
    const { state, rest } = takeState(words);
    const [first, ...parameters] = rest;
    if (first === undefined) throw new NfacctFault(USAGE);
    const asksHelp = first === '-h' || first === '--help';
    const command = asksHelp ? 'help' : COMMANDS.find((one) => one.startsWith(first));
    if (command === undefined) throw fault(`Unknown command: ${first}`, USAGE);
    await run(command, parameters, new Store(statePath(state, host.env)), host);
    return EXIT_OK;
  } catch (error) {
    if (error instanceof NfacctFault) host.err(error.message);
    else if (error instanceof Failure) host.err(`nfacct v${NFACCT_VERSION}: ${error.message}\n`);
    else throw error;
    return EXIT_INPUT;
  }
}
