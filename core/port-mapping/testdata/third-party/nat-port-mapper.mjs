import { upnpNat } from '@achingbrain/nat-port-mapper';

const nat = upnpNat({ autoRefresh: false });
for await (const gateway of nat.findGateways({ signal: AbortSignal.timeout(10_000) })) {
  if (gateway.family !== 'IPv4') continue;
  console.log('external', await gateway.externalIp());
  const { internalPort, externalPort, protocol } = await gateway.map(6007, '10.0.1.2', {
    protocol: 'tcp',
    ttl: 600_000,
  });
  console.log('mapped', internalPort, externalPort, protocol);
  await gateway.stop();
  break;
}
process.exit(0);
