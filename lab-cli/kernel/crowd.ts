import { createRealHost } from '../../core/real/index.ts';
import { openFlows } from '../trial/subscriber-flows.ts';

// The process of all the subscribers behind a carrier's NAT: it runs in their network namespace, for one trial. Its
// arguments are the server that they send to, and the address of each of them.

const [server, ...addresses] = process.argv.slice(2);
const host = createRealHost();
for (const address of addresses) openFlows(host, server!, address);
process.send!('ready');
// Whoever started it has gone.
process.on('disconnect', () => process.exit());
