// npm start: builds the command and shows it on a capture of real traffic.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { setup } from './setup.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

const RULES = 'examples/gateway.nft';
const CAPTURE = 'examples/capture/office.pcapng';
const ANNOTATED = 'dist/office-annotated.pcapng';
const PACKET = 'tcp 10.0.0.20:41348 > 192.0.2.80:80 syn, in eth0';

/** Shows a command line as a person would type it, and runs it. */
function sluice(...args) {
  const shown = args.map((arg) => (/^[\w./:-]+$/.test(arg) ? arg : `'${arg}'`)).join(' ');
  process.stdout.write(`\n$ sluice ${shown}\n\n`);
  const { status } = spawnSync(process.execPath, ['dist/sluice.js', ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}

setup();
const { buildAll } = await import('./build.mjs');
process.stdout.write('building dist/\n');
await buildAll({ types: false });

sluice('replay', '-r', RULES, CAPTURE, '-o', ANNOTATED);
sluice('trace', '-r', RULES, '-t', 'examples/office.yaml', PACKET);
process.stdout.write(`
The annotated capture is ${ANNOTATED}: open it in Wireshark and look at the packet comments.
More to try:

  node dist/sluice.js trace --all -r ${RULES} '${CAPTURE}#14'
  node dist/sluice.js list --bytecode ${RULES}
  node dist/sluice.js --help
`);
