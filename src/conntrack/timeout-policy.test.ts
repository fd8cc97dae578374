import { describe, expect, test } from 'vitest';
import { Bed } from './bed.ts';
import { AF_INET, AF_INET6, TimeoutPolicies, timeoutPoliciesOf } from './timeout-policy.ts';

const TCP = 6;
const UDP = 17;
const ESP = 50;
const DCCP = 33;

const given = (text: string): Map<string, number> =>
  new Map(text.split(' ').map((one) => [one.split('=')[0]!, Number(one.split('=')[1])]));

describe('a timeout policy', () => {
  test.each([
    ['an empty one', 'p', TCP, new Map<string, number>(), 'EINVAL'],
    ['one of a long name', 'p'.repeat(32), TCP, given('CLOSE=1'), 'EINVAL'],
    ['one of a protocol without a tracker', 'p', DCCP, given('OPEN=1'), 'EOPNOTSUPP'],
    ['one whose name is taken', 'taken', UDP, given('REPLIED=1'), 'EBUSY'],
  ])('%s is refused', (_, name, protocol, timeouts, errno) => {
    const policies = new TimeoutPolicies(new Bed().netns);
    expect(policies.add('taken', AF_INET, TCP, given('CLOSE=1'))).toBe('');
    expect(policies.add(name, AF_INET, protocol, timeouts)).toBe(errno);
    expect(policies.list().length).toBe(1);
  });

  test('has what the protocol has at that moment where it says nothing', () => {
    const policies = new TimeoutPolicies(new Bed().netns);
    policies.setDefaults(UDP, given('REPLIED=7'));
    policies.add('p', AF_INET, UDP, given('UNREPLIED=3'));
    policies.setDefaults(UDP, given('REPLIED=9'));
    expect(policies.find('p')?.seconds).toEqual([3, 7]);
    expect(policies.defaults(UDP)).toEqual([30, 9]);
  });

  test.each([
    ['nothing said of a protocol', 'p', AF_INET, 0, 'EINVAL'],
    ['no such policy', 'q', AF_INET, TCP, 'ENOENT'],
    ['the other family', 'p', AF_INET6, TCP, 'EINVAL'],
    ['another protocol', 'p', AF_INET, UDP, 'EINVAL'],
    ['a protocol nobody tracks', 'p', AF_INET, ESP, 'EINVAL'],
    ['its own protocol', 'p', AF_INET, TCP, undefined],
    ['a protocol nobody tracks, by the generic one', 'g', AF_INET, ESP, undefined],
  ])('of a rule: %s', (_, name, family, protocol, errno) => {
    const policies = new TimeoutPolicies(new Bed().netns);
    policies.add('p', AF_INET, TCP, given('CLOSE=1'));
    policies.add('g', AF_INET, 255, given('TIMEOUT=1'));
    const found = policies.forRule(name, family, protocol);
    expect('errno' in found ? found.errno : undefined).toBe(errno);
  });

  test('holds for the connections of a template, and no more when it is deleted', () => {
    const bed = new Bed();
    const policies = timeoutPoliciesOf(bed.netns);
    policies.add('p', AF_INET, UDP, given('UNREPLIED=3'));
    const send = (): string => {
      bed.load('udp 10.0.0.1:1 > 10.0.0.2:2').ct = bed.ct.template(0, 3, {
        policy: policies.find('p')!,
      });
      bed.run('prerouting', 'forward', 'postrouting');
      return bed.line;
    };
    expect(send()).toContain('17 3 src');
    const policy = policies.find('p')!;
    policy.uses = 1;
    expect([policies.delete('p'), policies.list().length]).toEqual(['EBUSY', 1]);
    policies.flush();
    expect(policies.list().length).toBe(1);
    policy.uses = 0;
    expect([policies.delete('p'), policies.delete('p')]).toEqual(['', 'ENOENT']);
    bed.send('udp 10.0.0.1:1 > 10.0.0.2:2');
    expect(bed.line).toContain('17 30 src');
  });

  test('is the same after it was saved', () => {
    const one = new TimeoutPolicies(new Bed().netns);
    one.add('p', AF_INET6, TCP, given('SYN_SENT=1 UNACKNOWLEDGED=2'));
    one.add('s', AF_INET, 132, given('ESTABLISHED=5'));
    one.setDefaults(TCP, given('CLOSE=4 SYN_SENT2=6'));
    const other = new TimeoutPolicies(new Bed().netns);
    other.restore(JSON.parse(JSON.stringify(one.save())));
    expect(other.save()).toEqual(one.save());
    expect(other.defaults(TCP)?.[7]).toBe(4);
  });
});
