import { expect, it } from 'vitest';
import { createRealHost } from '../real/index.ts';
import { Node, type Plugin, registry } from './index.ts';

it('takes plugins, and no names of them', async () => {
  const names = ['udp-punch'] as unknown as Plugin[];
  const remedy = "not the name udp-punch: registry.select(['udp-punch']) has them";
  await expect(Node.start(createRealHost(), { plugins: names })).rejects.toThrow(remedy);
  const listen = { address: '127.0.0.1' };
  const node = await Node.start(createRealHost(), { plugins: registry.select(['udp-punch']), listen });
  await node.close();
});
