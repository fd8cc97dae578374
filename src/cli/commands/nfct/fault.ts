// How a command of nfct(8) ends badly.

export const NFCT_VERSION = '1.4.9';

/** Errors of the kernel in the words of strerror(3). */
const STRERROR: Readonly<Record<string, string>> = {
  EINVAL: 'Invalid argument',
  EBUSY: 'Device or resource busy',
  ENOENT: 'No such file or directory',
  EOPNOTSUPP: 'Operation not supported',
};

export class NfctFault extends Error {
  /** Further lines, without the program's name. */
  readonly rest: string;

  constructor(message: string, rest = '') {
    super(message);
    this.rest = rest;
  }

  get text(): string {
    const said = this.message === '' ? '' : `nfct v${NFCT_VERSION}: ${this.message}\n`;
    return said + this.rest;
  }
}

/** @throws NfctFault unless the errno is '' */
export function succeed(errno: string): void {
  if (errno !== '') throw new NfctFault(`netlink error: ${STRERROR[errno] ?? errno}`);
}

export const missing = (syntax: string): NfctFault =>
  new NfctFault('missing parameters', `syntax: nfct ${syntax}\n`);

export const tooMany = (): NfctFault => new NfctFault('too many arguments');
