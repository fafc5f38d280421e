import { discoverNat } from '../../core/nat/discovery.ts';
import { discoverLifetime } from '../../core/nat/discovery-lifetime.ts';
import type { LifetimeReport } from '../../core/nat/lifetime-report.ts';
import type { NatReport } from '../../core/nat/nat-report.ts';
import type { Endpoint, Family } from '../../core/net/endpoint.ts';
import { familyOf } from '../../core/net/ip.ts';
import type { Host } from '../../core/ports/index.ts';
import { createRealHost } from '../../core/real/index.ts';
import type { Console } from '../console.ts';
import { abortOnSignals } from '../interrupt.ts';
import { natAccount } from '../nat-report/nat-account.ts';
import { natText } from '../nat-report/nat-text.ts';
import { presetText } from '../nat-report/preset-text.ts';
import type { HostPort } from '../network/host-port.ts';
import { resolveServers } from '../network/resolve-servers.ts';
import { InputError } from '../scenario/problem.ts';

export interface NatOptions {
  readonly stun?: readonly HostPort[];
  readonly bind?: string;
  readonly family?: Family;
  readonly json?: true;
  /** True or the preset's name. */
  readonly preset?: true | string;
  readonly lifetime?: true;
}

interface Measured {
  readonly family: Family;
  readonly report: NatReport;
  readonly lifetime: LifetimeReport | undefined;
}

const FAMILIES: readonly Family[] = [4, 6];

/** `lab nat`. @returns the exit code: 1 if no server answered */
export async function nat(options: NatOptions, console: Console): Promise<number> {
  if (!options.stun) {
    throw new InputError(
      'name a STUN server, since none is contacted unasked: --stun HOST[:PORT]. One with two addresses (RFC 5780) tells ' +
        'most; `lab serve` is one.',
    );
  }
  const host = createRealHost();
  const families = familiesOf(await resolveServers(options.stun, options.family), options.bind);
  const interrupt = abortOnSignals();
  try {
    const measured: Measured[] = [];
    for (const { family, servers } of families) {
      console.err.write(`Asking ${servers.map(({ address }) => address).join(', ')} …\n`);
      measured.push(await measure(host, family, servers, options, interrupt.signal));
    }
    print(measured, options, console);
    return measured.some(({ report }) => answered(report)) ? 0 : 1;
  } catch (error) {
    if (interrupt.signal.aborted) return interrupt.exitCode;
    if (isBindError(error)) throw new InputError(`can't use --bind ${options.bind}: ${error.message}`);
    throw error;
  } finally {
    interrupt.release();
  }
}

function familiesOf(servers: readonly Endpoint[], bind: string | undefined) {
  const wanted = bind === undefined ? FAMILIES : [familyOf(bind)];
  const families = wanted
    .map((family) => ({ family, servers: servers.filter(({ address }) => familyOf(address) === family) }))
    .filter(({ servers: some }) => some.length > 0);
  if (families.length === 0) throw new InputError(`no STUN server has an IPv${wanted.join(' or IPv')} address`);
  return families;
}

async function measure(
  host: Host,
  family: Family,
  servers: readonly Endpoint[],
  { bind: bindAddress, lifetime }: NatOptions,
  signal: AbortSignal,
): Promise<Measured> {
  const report = await discoverNat(host, servers, { bindAddress, signal });
  return { family, report, lifetime: lifetime && (await discoverLifetime(host, report, { bindAddress, signal })) };
}

function print(measured: readonly Measured[], { json, preset }: NatOptions, { out, outColors }: Console): void {
  if (preset !== undefined) {
    const name = preset === true ? 'measured' : preset;
    const named = measured.map((one) => {
      return { ...one, name: measured.length > 1 && one.family === 6 ? `${name}-ipv6` : name };
    });
    out.write(presetText(named));
    return;
  }
  const accounts = measured.map(({ family, report, lifetime }) => natAccount(family, report, lifetime));
  if (json) out.write(`${JSON.stringify({ schema: 1, accounts }, null, 2)}\n`);
  else out.write(accounts.map((account) => natText(account, outColors)).join('\n'));
}

function answered({ udp, tcp }: NatReport): boolean {
  return udp.value === 'reachable' || tcp.tcp.value === 'reachable';
}

function isBindError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === 'EADDRNOTAVAIL';
}
