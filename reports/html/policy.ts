import { createHash } from 'node:crypto';

/** A content security policy that admits this style and these scripts, and otherwise nothing at all. */
export function policy(style: string, scripts: readonly string[]): string {
  return [
    "default-src 'none'",
    `style-src ${hash(style)}`,
    `script-src ${scripts.map(hash).join(' ')}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

/** CSP Level 3 section 2.3.1, hash-source. */
function hash(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
