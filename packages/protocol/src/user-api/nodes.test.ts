import { describe, expect, test } from 'vitest';
import { NodeUrl } from './node-url.ts';
import { NodeName, nodes } from './nodes.ts';

const messageOf = (result: { error?: { issues: { message: string }[] } | undefined }): string =>
  result.error?.issues[0]?.message ?? 'accepted';

describe('F13 the address of a slave', () => {
  test.for([
    ['http://10.0.0.5:5213', 'http://10.0.0.5:5213'],
    ['http://127.0.0.1:5213/', 'http://127.0.0.1:5213'],
    ['http://[::1]:5213', 'http://[::1]:5213'],
    ['https://shed.example.com/slaves/one//', 'https://shed.example.com/slaves/one'],
    ['http://192.168.1.9', 'http://192.168.1.9'],
    ['http://[fd12:3456::1]:5213', 'http://[fd12:3456::1]:5213'],
    ['HTTP://Shed.Example.com:80/', 'http://shed.example.com'],
    ['http://0x7f.1:5213', 'http://127.0.0.1:5213'],
  ])('%s is %s', ([text, url]) => {
    expect(NodeUrl.parse(text)).toBe(url);
  });

  test.for([
    ['ftp://10.0.0.5', /http or https/],
    ['file:///etc/passwd', /http or https/],
    ['javascript:alert(1)', /http or https/],
    ['unix:/run/slave.sock', /http or https/],
    ['10.0.0.5:5213', /http or https/],
    ['', /http or https/],
    ['http://', /http or https/],
    ['http://user@10.0.0.5', /without a name or password/],
    ['http://user:pass@10.0.0.5', /without a name or password/],
    ['http://:pass@10.0.0.5', /without a name or password/],
    ['http://10.0.0.5/?x=1', /without a query or fragment/],
    ['http://10.0.0.5/secret?', /without a query or fragment/],
    ['http://10.0.0.5/secret#', /without a query or fragment/],
    ['http://10.0.0.5#x', /without a query or fragment/],
    ['http://169.254.169.254', /which 169\.254\.169\.254 cannot be/],
    ['http://169.254.169.254./latest', /which 169\.254\.169\.254 cannot be/],
    ['http://0xa9fea9fe', /which 169\.254\.169\.254 cannot be/],
    ['http://2852039166', /which 169\.254\.169\.254 cannot be/],
    ['http://0251.0376.0251.0376', /which 169\.254\.169\.254 cannot be/],
    ['http://[::ffff:169.254.169.254]', /cannot be/],
    ['http://[fe80::1]', /cannot be/],
    ['http://[fd00:ec2::254]', /cannot be/],
    ['http://100.100.100.200', /cannot be/],
    ['http://metadata.google.internal', /cannot be/],
    ['http://METADATA.google.internal.:80', /cannot be/],
    ['http://0.0.0.0:5213', /cannot be/],
    ['http://0', /cannot be/],
    ['http://[::]:5213', /cannot be/],
    ['http://224.0.0.1', /cannot be/],
    ['http://255.255.255.255', /cannot be/],
    ['http://[ff02::1]', /cannot be/],
    [`http://10.0.0.5/${'x'.repeat(512)}`, /at most 512 characters/],
  ] as const)('%s is refused, with the reason', ([text, reason]) => {
    const result = NodeUrl.safeParse(text);
    expect(messageOf(result)).toMatch(reason);
    expect(messageOf(result)).not.toContain('pass@');
  });
});

describe('F13 the name of a node', () => {
  test.for(['a', 'shed', 'Shed-2.attic_x', 'x'.repeat(63)])('%s is accepted', (name) => {
    expect(NodeName.parse(name)).toBe(name);
  });

  test.for([
    '',
    ' ',
    'a b',
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    'a\nb',
    'a\r\n[Slave]',
    'a\n',
    'a\u0000',
    'a\u001b[31m',
    'a\u202eb',
    'a/../b',
    '..',
    '-rf',
    'ä',
    'x'.repeat(64),
    'x'.repeat(100_000),
  ])('%j is refused', (name) => {
    expect(messageOf(NodeName.safeParse(name))).toMatch(/1 to 63 letters/);
    expect(nodes.createNode.body.safeParse({ name, url: 'http://10.0.0.5' }).success).toBe(false);
  });
});
