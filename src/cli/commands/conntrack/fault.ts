// How a command of conntrack(8) ends badly.

/** The release whose output this is. */
export const CONNTRACK_VERSION = '1.4.9';
export const PREFIX = `conntrack v${CONNTRACK_VERSION} (conntrack-tools): `;

/** The command line is wrong. */
export const PARAMETER_PROBLEM = 2;
/** The table refuses. */
export const OTHER_PROBLEM = 1;

const TRY_HELP = "Try `conntrack -h' or 'conntrack --help' for more information.\n";

export class ConntrackFault extends Error {
  readonly status: number;

  constructor(message: string, status: number = PARAMETER_PROBLEM) {
    super(message);
    this.status = status;
  }

  /** What stands on standard error. */
  get text(): string {
    return `${PREFIX}${this.message}\n${this.status === PARAMETER_PROBLEM ? TRY_HELP : ''}`;
  }
}

/** What ctnetlink refuses with. */
export type Errno = 'EEXIST' | 'ENOENT' | 'EINVAL' | 'ENOMEM' | 'EBUSY' | 'EOPNOTSUPP' | 'EPERM';

const STRERROR: Readonly<Record<Errno, string>> = {
  EEXIST: 'File exists',
  ENOENT: 'No such file or directory',
  EINVAL: 'invalid parameters',
  ENOMEM: 'Cannot allocate memory',
  EBUSY: 'Device or resource busy',
  EOPNOTSUPP: 'Operation not supported',
  EPERM: 'sorry, you must be root or get CAP_NET_ADMIN capability to do this',
};

/** What the command says instead of strerror(3), err2str(). */
const OWN: Readonly<Record<string, string>> = {
  'create EEXIST': 'Such conntrack exists, try -U to update',
  'create ENOENT': "such conntrack doesn't exist",
  'get ENOENT': "such conntrack doesn't exist",
  'delete ENOENT': "such conntrack doesn't exist",
  'add ENOENT': "such conntrack doesn't exist",
  'create ENOMEM': 'not enough memory',
  'get ENOMEM': 'not enough memory',
  'add ENOMEM': 'not enough memory',
  'exp-create ENOENT': 'master conntrack not found',
};

export const refused = (command: string, errno: Errno): ConntrackFault =>
  new ConntrackFault(
    `Operation failed: ${OWN[`${command} ${errno}`] ?? STRERROR[errno]}`,
    OTHER_PROBLEM,
  );
