const PEERS = ['203.0.113.1', '203.0.113.2'];
const STUN_MAPPING = /mapping created: (\S+ \S+) = .*, first to 192\.0\.2\.2:3478$/;
/** What differs between a packet and its repetition. */
const PASSING = /^\s*[\d.]+ ms| ttl \d+| seq \d+| ack \d+/g;

/** What the two NATs made of one protocol's packets between the peers, each only once, and of the mappings before. */
export function natExcerpt(timeline: readonly string[], protocol: 'UDP' | 'TCP', most: number): string[] {
  const atNat = timeline.filter((line) => / [ab]\.nat1 /.test(line) && line.includes(` ${protocol} `));
  const between = atNat.filter((line) => PEERS.every((peer) => line.includes(`${peer}:`)));
  const sockets = new Set(between.map((line) => / was (\S+ \S+) > /.exec(line)?.[1]));
  const lines = atNat.filter((line) => {
    const [mapping, socket] = STUN_MAPPING.exec(line) ?? [];
    return mapping === undefined ? between.includes(line) : sockets.has(socket);
  });
  return firsts(lines, most);
}

/** The first `most` lines that are no repetition of one before. */
export function firsts(lines: readonly string[], most: number): string[] {
  const seen = new Set<string>();
  const fresh = lines.filter((line) => {
    const text = line.replaceAll(PASSING, '');
    return !seen.has(text) && seen.add(text);
  });
  return fresh.slice(0, most);
}
