// Names of interfaces by index, of the namespace this was opened in (ioctl SIOCGIFNAME, netdevice(7)).

import { checked, type Libc } from './libc.ts';
import { LITTLE_ENDIAN } from './netlink-open.ts';

const AF_INET = 2;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SIOCGIFNAME = 0x8910;
const IFNAMSIZ = 16;

export class InterfaceNames {
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #names = new Map<number, string>();

  /** @throws SystemError */
  constructor(libc: Libc) {
    this.#libc = libc;
    this.#fd = checked(libc, 'socket AF_INET', libc.socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  }

  /** '' for 0 and for an interface that is gone. */
  get(index: number): string {
    if (index === 0) return '';
    const known = this.#names.get(index);
    if (known !== undefined) return known;
    const name = this.#ask(index);
    this.#names.set(index, name);
    return name;
  }

  /** struct ifreq: the name, then the index. */
  #ask(index: number): string {
    const request = new Uint8Array(40);
    new DataView(request.buffer).setInt32(IFNAMSIZ, index, LITTLE_ENDIAN);
    if (this.#libc.ioctl(this.#fd, SIOCGIFNAME, request) < 0) return '';
    const end = request.indexOf(0);
    return String.fromCharCode(...request.subarray(0, Math.min(end, IFNAMSIZ)));
  }

  forget(): void {
    this.#names.clear();
  }

  close(): void {
    this.#libc.close(this.#fd);
  }
}
