import { nodeIdOf } from '../identity/node-id.ts';

/** Of every topic that signal messages travel by. */
export const TOPIC_PREFIX = 'punchlab/1/';

/** The topic on which a node listens, on every broker it uses. */
export function topicOf(publicKey: Uint8Array): string {
  return TOPIC_PREFIX + nodeIdOf(publicKey);
}
