// A process of the tests: it changes a ruleset again and again, one call after the other.
// Arguments: how many calls, and the command; `%` in it is the number of the call.

import { testHost } from '../test-host.ts';
import { nft } from './nft.ts';

const [count = '0', command = ''] = process.argv.slice(2);

const host = testHost({ env: { SLUICE_STATE: process.env.SLUICE_STATE ?? '' } });
process.stdout.write('started\n');
for (let n = 0; n < Number(count); n++) {
  const code = await nft([command.replaceAll('%', String(n))], host);
  if (code !== 0) {
    process.stderr.write(host.stderr());
    process.exit(code);
  }
}
