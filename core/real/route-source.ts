import { familyOf, unspecifiedAddress } from '../net/ip.ts';
import { createDgram } from './node-dgram.ts';

/** Any will do: routes do not look at ports. */
const DISCARD_PORT = 9;

/**
 * The address that the route to `remote` sends from, or the unspecified one without a route. The system tells it to a
 * UDP socket that connects, which sends nothing.
 */
export function routeSource(remote: string): string {
  const family = familyOf(remote);
  const probe = createDgram(family);
  try {
    probe.bind({ address: unspecifiedAddress(family), port: 0, exclusive: true });
    probe.connect(DISCARD_PORT, remote, () => {});
    return probe.address().address;
  } finally {
    probe.close();
  }
}
