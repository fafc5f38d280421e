import { describe, expect, it } from 'vitest';
import type { SimHost } from '../../simulator/index.ts';
import { decodePcpRequest, encodePcpResponse, type PcpMapRequest, type PcpMapResponse } from '../wire/pcp/pcp.ts';
import { encodeSsdpAnswer, SSDP_GROUP } from '../wire/ssdp/ssdp.ts';
import { PortMapper, type PortWish } from './port-mapper.ts';
import { atHome, CLIENT, EXTERNAL, GATEWAY, type Home, NEIGHBOUR, sleepOn } from './testdata/home.ts';

const TARGET = 'urn:schemas-upnp-org:device:InternetGatewayDevice:1';
const WISH: PortWish = { protocol: 'udp', port: 6000, signal: new AbortController().signal };

/** Answers searches with this location. */
async function answerSearches(host: SimHost, address: string, location: string): Promise<void> {
  const socket = await host.udp.bind({ port: 1900, groups: [{ group: SSDP_GROUP[4], on: address }] });
  socket.onMessage = (_, from) => socket.send(encodeSsdpAnswer({ target: TARGET, location, usn: 'x' }, 60, 'x'), from);
}

/** Accepts connections, answers each with these bytes, a piece every so often, and counts. */
async function serve(host: SimHost, pieces: readonly (string | Uint8Array)[], gapMs = 0) {
  const seen = { connections: 0, bytes: 0, requests: [] as string[] };
  await host.tcp.listen({ port: 80 }, (connection) => {
    seen.connections++;
    let open = true;
    connection.start({
      data: (bytes) => {
        seen.requests.push(Buffer.from(bytes).toString());
        pieces.forEach((piece, index) => {
          host.clock.after(index * gapMs, () => {
            if (!open) return;
            connection.send(Buffer.from(piece));
            seen.bytes += piece.length;
          });
        });
      },
      end: () => connection.end(),
      closed: () => {
        open = false;
      },
      drained: () => {},
    });
  });
  return seen;
}

/** What comes of asking a UPnP gateway that answers like this. */
async function askUpnp(home: Home): Promise<{ error: unknown; tookMs: number }> {
  const mapper = new PortMapper(home.client, { methods: ['igd1', 'igd2'] });
  const error = await mapper.open(WISH).catch((reason: unknown) => reason);
  const tookMs = home.world.now / 1000;
  await mapper.close();
  await sleepOn(home.client, 1000);
  expect(home.client.udp.openCount).toBe(0);
  return { error, tookMs };
}

const page = (body: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

describe('a gateway that means harm', () => {
  it.each([
    `http://${NEIGHBOUR}/root.xml`,
    'http://198.51.100.1/root.xml',
    `http://user:secret@${GATEWAY}/root.xml`,
    `https://${GATEWAY}/root.xml`,
    'file:///etc/passwd',
    `http://${GATEWAY}/${'x'.repeat(600)}`,
    'not a URL',
    'http://localhost/root.xml',
  ])('sends nobody to %s', async (location) => {
    await atHome(async (home) => {
      const elsewhere = [await serve(home.neighbour, [page('<a/>')]), await serve(home.router, [page('<a/>')])];
      await answerSearches(home.router, GATEWAY, location);
      expect(await askUpnp(home)).toMatchObject({ error: { code: 'no-gateway' } });
      expect(elsewhere.map(({ connections }) => connections)).toEqual([0, 0]);
    });
  });

  it('is not whoever answers: only the default gateway counts', async () => {
    await atHome(async (home) => {
      const seen = [await serve(home.neighbour, [page('<a/>')]), await serve(home.router, [page('<a/>')])];
      await answerSearches(home.neighbour, NEIGHBOUR, `http://${NEIGHBOUR}/root.xml`);
      expect(await askUpnp(home)).toMatchObject({ error: { code: 'no-gateway' } });
      expect(seen.map(({ connections }) => connections)).toEqual([0, 0]);
    });
  });

  it.each([
    ['an endless description', [page('x'), ...Array.from({ length: 200 }, () => 'x'.repeat(1000))].join('')],
    ['a description longer than any', `HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n`],
    ['more than it announced a limit for', `HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(100_000)}`],
    ['an endless head', `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(3000)}`],
    ['a redirect', `HTTP/1.1 302 Found\r\nLocation: http://${NEIGHBOUR}/\r\nContent-Length: 0\r\n\r\n`],
    ['an entity bomb', page(`<!DOCTYPE a [<!ENTITY b "${'x'.repeat(1000)}">]><root>${'&b;'.repeat(1000)}</root>`)],
    ['elements without end', page('<a>'.repeat(20_000))],
    ['bytes', Buffer.from(Array.from({ length: 5000 }, (_, index) => index % 256))],
    ['another service', page('<root><device><serviceList/></device></root>')],
    ['a closed connection', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx'],
  ] as const)('is refused with %s', async (_, answer) => {
    await atHome(async (home) => {
      const elsewhere = await serve(home.neighbour, [page('<a/>')]);
      await serve(home.router, [answer]);
      await answerSearches(home.router, GATEWAY, `http://${GATEWAY}/root.xml`);
      const { error, tookMs } = await askUpnp(home);
      expect(error).toMatchObject({ name: 'MappingError', code: expect.stringMatching(/malformed|no-gateway/) });
      expect(tookMs).toBeLessThan(8000);
      expect(elsewhere.connections).toBe(0);
    });
  });

  it('does not hold us up by an answer that drips', async () => {
    await atHome(async (home) => {
      const drops = [`HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n`, ...Array.from({ length: 600 }, () => 'x')];
      const seen = await serve(home.router, drops, 1000);
      await answerSearches(home.router, GATEWAY, `http://${GATEWAY}/root.xml`);
      const { error, tookMs } = await askUpnp(home);
      expect(error).toMatchObject({ code: 'no-gateway', message: expect.stringContaining('longer than') });
      expect(tookMs).toBeLessThan(8000);
      expect(seen.bytes).toBeLessThan(100);
    });
  });
});

describe('PCP answers', () => {
  /** Answers each MAP as `change` says, from this host. */
  async function answerPcp(host: SimHost, port: number, change: (request: PcpMapRequest) => Partial<PcpMapResponse>) {
    const seen = { requests: 0, send: (_: Uint8Array) => {} };
    const socket = await host.udp.bind({ port });
    seen.send = (bytes) => socket.send(bytes, { address: CLIENT, port: 0 });
    socket.onMessage = (bytes, from) => {
      const request = decodePcpRequest(bytes);
      if (request.op !== 'map') return;
      seen.requests++;
      const { options: _, ...same } = request;
      const granted = { ...same, externalAddress: EXTERNAL, externalPort: 7000, result: 0, epochS: 10, options: [] };
      socket.send(encodePcpResponse({ ...granted, ...change(request) }), from);
    };
    return seen;
  }

  const open = async (home: Home) => {
    const mapper = new PortMapper(home.client, { methods: ['pcp'] });
    const lease = await mapper.open(WISH).catch((reason: unknown) => reason);
    await mapper.close();
    return lease;
  };

  it.each([
    ['another nonce', { nonce: Buffer.alloc(12, 7) }],
    ['another protocol', { protocol: 'tcp' as const }],
    ['another internal port', { internalPort: 6001 }],
    ['no port', { externalPort: 0 }],
  ])('with %s are none', async (_, change) => {
    await atHome(async (home) => {
      await answerPcp(home.router, 5351, () => change);
      expect(await open(home)).toMatchObject({ code: expect.stringMatching(/no-gateway|malformed/) });
    });
  });

  it('from anybody but the gateway are none, though they know the nonce', async () => {
    await atHome(async (home) => {
      // The neighbour has seen the request, and is faster.
      const spoofer = await home.neighbour.udp.bind({ port: 5351 });
      const listener = await home.router.udp.bind({ port: 5351 });
      listener.onMessage = (bytes, from) => {
        const { options: _, ...request } = decodePcpRequest(bytes) as PcpMapRequest;
        const granted = { ...request, externalAddress: '198.51.100.66', result: 0, epochS: 1, options: [] };
        spoofer.send(encodePcpResponse(granted), from);
      };
      expect(await open(home)).toMatchObject({ code: 'no-gateway' });
    });
  });

  it('with lifetimes of a second don’t make us ask without end', async () => {
    const requests = await atHome(async (home) => {
      const seen = await answerPcp(home.router, 5351, () => ({ lifetimeS: 1 }));
      const mapper = new PortMapper(home.client, { methods: ['pcp'] });
      await mapper.open(WISH);
      await sleepOn(home.client, 60_000);
      await mapper.close();
      return seen.requests;
    });
    // One at first, one every 4 s, one to give it back.
    expect(requests).toBeLessThanOrEqual(17);
  });

  it('with epochs that jump make us renew what we hold, once each', async () => {
    const requests = await atHome(async (home) => {
      let epochS = 4_000_000_000;
      const seen = await answerPcp(home.router, 5351, () => ({ epochS: (epochS -= 1000) }));
      const mapper = new PortMapper(home.client, { methods: ['pcp'] });
      await mapper.open(WISH);
      await mapper.open({ ...WISH, port: 6001 });
      await sleepOn(home.client, 60_000);
      const asked = seen.requests;
      await mapper.close();
      return asked;
    });
    expect(requests).toBeLessThan(40);
  });

  it('cut short, too long or random crash nothing', async () => {
    await atHome(async (home) => {
      const socket = await home.router.udp.bind({ port: 5351 });
      const { random } = home.router;
      socket.onMessage = (_, from) => {
        for (let each = 0; each < 100; each++) socket.send(random.bytes(random.below(2000)), from);
      };
      expect(await open(home)).toMatchObject({ code: 'malformed' });
    });
  });
});
