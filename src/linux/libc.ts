// The few calls of libc that a live netfilter needs, over koffi. Loaded when first asked for: koffi
// is an optional dependency, and everything but this room works without it.

import { SystemError } from './errors.ts';

type Call = (...args: readonly unknown[]) => number;

/** Calls as in their man pages; -1 means failure and sets errno. */
export interface Libc {
  readonly socket: Call;
  readonly bind: Call;
  readonly connect: Call;
  readonly listen: Call;
  readonly send: Call;
  readonly sendto: Call;
  readonly sendmmsg: Call;
  readonly recv: Call;
  readonly recvmmsg: Call;
  readonly close: Call;
  readonly setsockopt: Call;
  readonly ioctl: Call;
  readonly setns: Call;
  readonly ifNameToIndex: Call;
  readonly errno: () => number;
  /** Calls back when the descriptor is readable, for as long as it is, until it is stopped. */
  readonly watch: (fd: number) => Watch;
  /** The address of a typed array's storage, for structures that point at one. */
  readonly addressOf: (bytes: Uint8Array) => bigint;
}

/** A descriptor that the event loop looks after. */
export interface Watch {
  start(readable: () => void): void;
  stop(): void;
  close(): void;
}

let loaded: Libc | undefined;

/**
 * Loads libc once.
 * @throws MissingPackage with one sentence when koffi is not installed or has no build for this platform
 */
export async function loadLibc(): Promise<Libc> {
  loaded ??= bindLibc((await importKoffi()).default);
  return loaded;
}

/** koffi is an optional dependency, and has no build for some platforms. */
export class MissingPackage extends Error {
  constructor(cause: unknown) {
    super('the live kernel needs the package koffi: npm install koffi', { cause });
    this.name = 'MissingPackage';
  }
}

async function importKoffi(): Promise<typeof import('koffi')> {
  try {
    return await import('koffi');
  } catch (cause) {
    throw new MissingPackage(cause);
  }
}

function bindLibc(koffi: typeof import('koffi').default): Libc {
  const lib = koffi.load('libc.so.6');
  return {
    socket: lib.func('int socket(int domain, int type, int protocol)'),
    bind: lib.func('int bind(int fd, const uint8_t *address, uint32_t length)'),
    connect: lib.func('int connect(int fd, const uint8_t *address, uint32_t length)'),
    listen: lib.func('int listen(int fd, int backlog)'),
    send: lib.func('long send(int fd, const uint8_t *data, size_t length, int flags)'),
    sendto: lib.func(
      'long sendto(int fd, const uint8_t *data, size_t length, int flags, const uint8_t *to, uint32_t toLength)',
    ),
    sendmmsg: lib.func('int sendmmsg(int fd, uint8_t *messages, unsigned int count, int flags)'),
    recv: lib.func('long recv(int fd, uint8_t *data, size_t length, int flags)'),
    recvmmsg: lib.func(
      'int recvmmsg(int fd, uint8_t *messages, unsigned int count, int flags, const uint8_t *timeout)',
    ),
    close: lib.func('int close(int fd)'),
    setsockopt: lib.func(
      'int setsockopt(int fd, int level, int name, const uint8_t *value, uint32_t length)',
    ),
    // Declared with its one argument: a variadic call cannot be made without knowing the types.
    ioctl: lib.func('int ioctl(int fd, unsigned long request, uint8_t *argument)'),
    setns: lib.func('int setns(int fd, int nstype)'),
    ifNameToIndex: lib.func('unsigned int if_nametoindex(const char *name)'),
    errno: () => koffi.errno(),
    watch: (fd) => watchOf(koffi, fd),
    addressOf: (bytes) => BigInt(koffi.address(bytes) as number | bigint),
  };
}

/** uv_poll_t of the event loop this is called in. A stop after its close would be a null pointer. */
function watchOf(koffi: typeof import('koffi').default, fd: number): Watch {
  // Made by its first start, which is the only way to make one.
  const handle = koffi.node.poll(fd, { readable: true }, () => {});
  let open = true;
  handle.stop();
  return {
    start: (readable) => {
      if (open) handle.start({ readable: true }, readable);
    },
    stop: () => {
      if (open) handle.stop();
    },
    close: () => {
      if (open) handle.close();
      open = false;
    },
  };
}

/** Passes a result on, or throws what errno says. */
export function checked(libc: Libc, operation: string, result: number): number {
  if (result < 0) throw new SystemError(operation, libc.errno());
  return result;
}
