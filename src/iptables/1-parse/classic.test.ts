import { expect, test } from 'vitest';
import { EMPTY_PROGRAM } from '../../program/index.ts';
import { compileLine, compileRestore } from '../5-run/index.ts';

const ofLine = (rule: string) =>
  compileLine(rule.split(' '), { family: 'ip', current: EMPTY_PROGRAM }).diagnostics;

const ofFile = (rule: string, strict = false) =>
  compileRestore(
    { name: 'rules.v4', text: `*filter\n${rule}\nCOMMIT\n` },
    { family: 'ip', current: EMPTY_PROGRAM, strict },
  );

test.each([
  ['-A INPUT -m unclean -j DROP', 'unclean was removed'],
  ['-A INPUT -m random --average 50', '--mode random --probability'],
  ['-A INPUT -m nth --every 3 --packet 0', '--mode nth'],
  ['-A INPUT -p tcp --syn -m iplimit --iplimit-above 2', '-m connlimit'],
  ['-A INPUT -m psd', 'xtables-addons'],
  ['-A INPUT -j MIRROR', 'MIRROR was removed'],
  ['-A INPUT -j SAME --to 1.2.3.4', '--persistent'],
  ['-A INPUT -j ROUTE --gw 1.2.3.4', 'never part of Linux'],
])('%s is refused, and what replaced it is named', (rule, hint) => {
  const [problem] = ofLine(rule).filter(({ severity }) => severity === 'error');
  expect(problem?.hint).toContain(hint);
  const { diagnostics, batch } = ofFile(rule);
  expect(diagnostics).toMatchObject([{ severity: 'warning', hint: expect.stringContaining(hint) }]);
  expect(JSON.stringify(batch)).toContain(hint.split(' ')[0]);
  expect(ofFile(rule, true).diagnostics.some(({ severity }) => severity === 'error')).toBe(true);
});

test('a chain may have the name of what is no target any more', () => {
  expect(
    ofFile(':ROUTE - [0:0]\n:MIRROR - [0:0]\n-A INPUT -j ROUTE\n-A ROUTE -j MIRROR').diagnostics,
  ).toEqual([]);
});

test('names of objects are no names of extensions', () => {
  const [problem] = ofLine('-A INPUT -m toString');
  expect(problem).toMatchObject({ code: 'unknown_match' });
  expect(problem?.hint).toBeUndefined();
});
