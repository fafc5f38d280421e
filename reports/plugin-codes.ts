/**
 * A short code for each plugin, so that colour is never the only sign: the initials of its words (`udp-punch` is UP),
 * or of one word the first two letters. What would come twice gets a number.
 */
export function pluginCodes(plugins: readonly string[]): Map<string, string> {
  const codes = new Map<string, string>();
  const taken = new Set<string>();
  for (const plugin of plugins) {
    const words = plugin.match(/[a-z0-9]+/gi) ?? ['x'];
    const letters = words.length > 1 ? words.map((word) => word[0]).join('') : words[0]!;
    const base = letters.slice(0, 2).toUpperCase();
    let code = base;
    for (let number = 2; taken.has(code); number++) code = `${base}${number}`;
    taken.add(code);
    codes.set(plugin, code);
  }
  return codes;
}
