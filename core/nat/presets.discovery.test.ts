import { it } from 'vitest';
import { resolveBehaviour } from './behaviour.ts';
import { discover } from './discovery-world.suite.ts';
import { PRESETS } from './presets.ts';
import { classicNat } from './nat-report.ts';
it('probe', async () => {
  for (const [name, { behaviour }] of Object.entries(PRESETS)) {
    const d = resolveBehaviour(behaviour);
    const r = await discover([behaviour]);
    console.log([name, classicNat(r), 'udp', r.udp.value, r.mapping.value === d.udp.mapping, r.filtering.value === d.udp.filtering, 'ports', d.ports.allocation, r.ports.allocation.value, r.ports.step, r.ports.contention, 'hairpin', d.hairpin, r.hairpin.value, 'tcp', r.tcp.mapping.value === d.tcp.mapping, r.tcp.ports.allocation.value, r.tookMs].join(' '));
    for (const f of [r.mapping, r.filtering, r.hairpin, r.ports.allocation, r.tcp.mapping, r.tcp.ports.allocation]) if (f.value === 'unknown') console.log('    ', f.why);
  }
}, 600000);
