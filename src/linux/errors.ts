import { getSystemErrorMap } from 'node:util';

/** What usually lies behind an errno when netfilter is concerned. */
const LIKELY: Readonly<Record<string, string>> = {
  EPERM: 'this needs root or CAP_NET_ADMIN',
  EACCES: 'this needs root or CAP_NET_ADMIN',
  ENODEV: 'no interface of that name in this namespace',
  EPROTONOSUPPORT: 'the kernel module is missing',
  EAFNOSUPPORT: 'the kernel was built without this socket family',
};

/** A system call that failed: the operation, errno, its text and the likely cause. */
export class SystemError extends Error {
  readonly operation: string;
  readonly errno: number;
  /** `EPERM` and so on. */
  readonly code: string;

  /** `cause` is the likely one, where the caller knows better than the errno does. */
  constructor(operation: string, errno: number, cause?: string) {
    const [code, text] = getSystemErrorMap().get(-errno) ?? [`errno ${errno}`, 'unknown error'];
    const likely = cause ?? LIKELY[code];
    super(`${operation}: ${text} (${code})${likely === undefined ? '' : `; ${likely}`}`);
    this.name = 'SystemError';
    this.operation = operation;
    this.errno = errno;
    this.code = code;
  }
}
