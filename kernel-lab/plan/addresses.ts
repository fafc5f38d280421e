/** Everything on the core has documentation addresses (RFC 5737), carriers' insides are in 100.64.0.0/10, homes in 10.0.0.0/8. */
export const STUN_ADDRESSES = ['192.0.2.1', '192.0.2.2'] as const;
export const TURN_ADDRESS = '192.0.2.3';
export const BROKER_ADDRESS = '192.0.2.4';
export const SERVER_ADDRESSES: readonly string[] = [...STUN_ADDRESSES, TURN_ADDRESS, BROKER_ADDRESS];

/** One for each access line. */
const LINES = ['203.0.113', '198.51.100'] as const;
/** RFC 6598: a quarter for each level of carriers. */
const CARRIER_LEVELS = [64, 80, 96, 112] as const;
/** NATs between a host and the core. */
export const MAX_CHAIN = CARRIER_LEVELS.length + 1;
const FIRST_EXTERNAL = 10;
/** Of public addresses, for hosts behind a router that does not translate. */
const BLOCK = { first: 64, size: 8 };

export interface Subnet {
  /** The router's own address. */
  readonly gateway: string;
  readonly prefixLength: number;
  readonly prefix: string;
  host(index: number): string;
}

function subnet(base: string, first: number, prefixLength: number): Subnet {
  return {
    gateway: `${base}.${first + 1}`,
    prefixLength,
    prefix: `${base}.${first}/${prefixLength}`,
    host: (index) => `${base}.${first + 2 + index}`,
  };
}

/** Between the core and the outermost router of a line. */
export function lineSubnet(line: number): Subnet {
  const base = LINES[line]!;
  return { ...subnet(base, 0, 24), host: (index) => `${base}.${FIRST_EXTERNAL + index}` };
}

/** Public addresses behind the outermost router of a line. */
export function publicBlock(line: number, index: number): Subnet {
  return subnet(LINES[line]!, BLOCK.first + index * BLOCK.size, 29);
}

/** Inside of a carrier's NAT. @param level 0 to 3, from the core on */
export function carrierSubnet(level: number, index: number): Subnet {
  const inside = subnet(`100.${CARRIER_LEVELS[level]!}.${index}`, 0, 24);
  return { ...inside, host: (host) => `100.${CARRIER_LEVELS[level]!}.${index}.${FIRST_EXTERNAL + host}` };
}

export function homeSubnet(index: number): Subnet {
  return subnet(`10.0.${index}`, 0, 24);
}
